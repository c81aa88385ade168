#include "record/key.h"

namespace caffe_multilabel {
namespace {

constexpr size_t kDigits = 8;
constexpr std::string_view kImageMark = "_";
constexpr std::string_view kLabelMark = "label_";

std::string make_key(uint64_t index, std::string_view mark, std::string_view path) {
  std::string key(kDigits, '0');
  for (size_t at = kDigits; at-- > 0; index /= 10) key[at] = static_cast<char>('0' + index % 10);
  key += mark;
  key += path;
  return key;
}

}  // namespace

std::string image_key(uint64_t index, std::string_view path) {
  return make_key(index, kImageMark, path);
}

std::string label_key(uint64_t index, std::string_view path) {
  return make_key(index, kLabelMark, path);
}

std::optional<ParsedKey> parse_key(std::string_view key) {
  if (key.size() < kDigits) return std::nullopt;
  ParsedKey parsed{};
  for (const char c : key.substr(0, kDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    parsed.index = parsed.index * 10 + static_cast<uint64_t>(c - '0');
  }
  const std::string_view rest = key.substr(kDigits);
  for (const KeyKind kind : {KeyKind::kImage, KeyKind::kLabel}) {
    const std::string_view mark = kind == KeyKind::kImage ? kImageMark : kLabelMark;
    if (rest.substr(0, mark.size()) != mark) continue;
    parsed.kind = kind;
    parsed.path = rest.substr(mark.size());
    return parsed;
  }
  return std::nullopt;
}

}  // namespace caffe_multilabel
