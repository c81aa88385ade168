// Values as they stand under the keys of a JSON object: each kind is written, and read with a
// check, in one way.
#pragma once

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/shape.h"
#include "record/digest.h"

namespace caffe_multilabel {

// Keeps its keys in their order.
using Json = nlohmann::ordered_json;

// A text that holds JSON, to be written as what it says.
template <typename Text>
struct JsonText {
  Text& text;
};

template <typename Value>
Json json_of(const Value& value) {
  if constexpr (std::is_same_v<Value, Digest>) {
    return to_hex(value);
  } else if constexpr (std::is_same_v<Value, Shape>) {
    return {value.channels, value.height, value.width};
  } else if constexpr (std::is_same_v<Value, std::optional<uint64_t>>) {
    return value ? Json(*value) : Json(nullptr);
  } else if constexpr (std::is_same_v<Value, JsonText<const std::string>>) {
    return Json::parse(value.text, nullptr, false);
  } else {
    return value;
  }
}

// Each tells whether the value is of its kind; numbers must be whole and fit.
bool read_value(const Json& from, std::string* value);
bool read_value(const Json& from, bool* value);
bool read_value(const Json& from, uint64_t* value);
bool read_value(const Json& from, int* value);
bool read_value(const Json& from, std::optional<uint64_t>* value);
bool read_value(const Json& from, Digest* value);
bool read_value(const Json& from, Shape* value);
bool read_value(const Json& from, std::vector<std::string>* value);

// The key whose value is missing or of another kind, as in "job.seed".
struct DamagedField {
  std::string key;
};

// Reads the keys of one object; `where` stands before their names in what is wrong.
class FieldReader {
 public:
  FieldReader(const Json& from, std::string where) : from_(from), where_(std::move(where)) {}

  template <typename Value>
  void operator()(const char* key, Value& value) const {
    if (!read_value(at(key), &value)) throw DamagedField{where_ + key};
  }
  void operator()(const char* key, const JsonText<std::string>& value) const {
    value.text = at(key).dump();
  }

 private:
  const Json& at(const char* key) const {
    if (!from_.is_object() || !from_.contains(key)) throw DamagedField{where_ + key};
    return from_[key];
  }

  const Json& from_;
  std::string where_;
};

// To be visited with keys and values; writes them into an object.
inline auto field_writer(Json* to) {
  return [to](const char* key, const auto& value) { (*to)[key] = json_of(value); };
}

}  // namespace caffe_multilabel
