#include "pair/json_fields.h"

#include <limits>

namespace caffe_multilabel {

bool read_value(const Json& from, std::string* value) {
  return from.is_string() && (from.get_to(*value), true);
}

bool read_value(const Json& from, bool* value) {
  return from.is_boolean() && (from.get_to(*value), true);
}

bool read_value(const Json& from, uint64_t* value) {
  return from.is_number_unsigned() && (from.get_to(*value), true);
}

bool read_value(const Json& from, int* value) {
  uint64_t number = 0;
  if (!read_value(from, &number) || number > std::numeric_limits<int>::max()) return false;
  *value = static_cast<int>(number);
  return true;
}

bool read_value(const Json& from, std::optional<uint64_t>* value) {
  value->reset();
  return from.is_null() || read_value(from, &value->emplace());
}

bool read_value(const Json& from, Digest* value) {
  const auto digest = from.is_string() ? from_hex(from.get<std::string>()) : std::nullopt;
  *value = digest.value_or(Digest{});
  return digest.has_value();
}

bool read_value(const Json& from, Shape* value) {
  return from.is_array() && from.size() == 3 && read_value(from[0], &value->channels) &&
         read_value(from[1], &value->height) && read_value(from[2], &value->width);
}

bool read_value(const Json& from, std::vector<std::string>* value) {
  if (!from.is_array()) return false;
  value->resize(from.size());
  for (size_t i = 0; i < from.size(); ++i) {
    if (!read_value(from[i], &(*value)[i])) return false;
  }
  return true;
}

}  // namespace caffe_multilabel
