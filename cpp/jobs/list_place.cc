#include "jobs/list_place.h"

#include <algorithm>
#include <charconv>

#include "record/key.h"

namespace caffe_multilabel {
namespace {

std::optional<uint64_t> value_of(std::string_view number) {
  uint64_t value = 0;
  const char* end = number.data() + number.size();
  if (std::from_chars(number.data(), end, value).ec != std::errc()) return std::nullopt;
  return value;
}

}  // namespace

ListPlaces::ListPlaces(const ListMatcher& matcher, RecordReader* records) : matcher_(matcher) {
  uint64_t least = UINT64_MAX;
  uint64_t greatest = 0;
  while (const auto record = records->next()) {
    const auto number = key_number(record->key);
    const auto value = number ? value_of(*number) : std::nullopt;
    if (!value) continue;
    least = std::min(least, *value);
    greatest = std::max(greatest, *value);
  }
  records->rewind();
  if (least > 0 && greatest == matcher.list().size()) first_number_ = 1;
}

ListPlace ListPlaces::find(std::string_view key, size_t record) const {
  if (const auto parsed = parse_key(key)) return {PlacedBy::kPath, parsed->path, std::nullopt};
  if (matcher_.holds(key)) return {PlacedBy::kPath, key, std::nullopt};
  const auto number = key_number(key);
  if (!number) return {PlacedBy::kOrder, {}, record};
  const auto value = value_of(*number);
  const bool usable = value && *value >= first_number_;
  return {PlacedBy::kNumber, {}, usable ? std::optional(*value - first_number_) : std::nullopt};
}

}  // namespace caffe_multilabel
