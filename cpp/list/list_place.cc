#include "list/list_place.h"

#include <algorithm>
#include <charconv>

#include "record/key.h"

namespace caffe_multilabel {
namespace {

// UINT64_MAX, which is beyond all lists, stands for all that is larger.
uint64_t value_of(std::string_view number) {
  uint64_t value = 0;
  const char* end = number.data() + number.size();
  return std::from_chars(number.data(), end, value).ec == std::errc() ? value : UINT64_MAX;
}

}  // namespace

void ListPlaces::see(std::string_view key) {
  if (parse_key(key) || holds_(key)) return;
  const auto number = key_number(key);
  (number ? has_numbers_ : has_others_) = true;
  if (!number) return;
  least_ = std::min(least_, value_of(*number));
  greatest_ = std::max(greatest_, value_of(*number));
}

ListPlace ListPlaces::find(std::string_view key, size_t record) const {
  if (const auto parsed = parse_key(key)) return {PlacedBy::kPath, parsed->path, parsed->index};
  if (holds_(key)) return {PlacedBy::kPath, key, std::nullopt};
  const auto number = key_number(key);
  if (!number || (has_numbers_ && has_others_)) return {PlacedBy::kOrder, {}, record};
  const uint64_t value = value_of(*number);
  const uint64_t first = counts_from_one() ? 1 : 0;
  const bool usable = value >= first && value < UINT64_MAX;
  return {PlacedBy::kNumber, {}, usable ? std::optional(value - first) : std::nullopt};
}

std::string_view telling_key(std::string_view image_key, std::string_view label_key) {
  return !parse_key(label_key) && parse_key(image_key) ? image_key : label_key;
}

}  // namespace caffe_multilabel
