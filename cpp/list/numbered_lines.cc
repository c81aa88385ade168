#include "list/numbered_lines.h"

#include "base/text.h"
#include "list/number.h"
#include "record/key.h"

namespace caffe_multilabel {
namespace {

std::optional<uint64_t> number_of(std::string_view key) {
  if (const auto parsed = parse_key(key)) return parsed->index;
  const auto digits = key_number(key);
  uint64_t number = 0;
  if (!digits || read_number(*digits, &number) != std::errc()) return std::nullopt;
  return number;
}

}  // namespace

std::optional<size_t> NumberedLines::find(std::string_view key, std::string* problem) const {
  const auto number = number_of(key);
  if (!number) {
    *problem = "its key has no number, which tells the line of a record of several images";
    return std::nullopt;
  }
  const uint64_t position = *number < positions_.size() ? positions_[*number] : *number;
  if (position >= list_.size()) {
    *problem = "its number tells line " + std::to_string(position + 1) +
               " of the list, which has " + std::to_string(list_.size());
    return std::nullopt;
  }
  const auto parsed = parse_key(key);
  if (parsed && parsed->path != list_.path(position)) {
    *problem = "its number tells line " + std::to_string(list_.line(position)) +
               " of the list, whose first path is " + printable(list_.path(position));
    return std::nullopt;
  }
  return position;
}

}  // namespace caffe_multilabel
