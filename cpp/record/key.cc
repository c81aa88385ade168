#include "record/key.h"

#include <algorithm>
#include <cctype>

namespace caffe_multilabel {
namespace {

constexpr size_t kDigits = 8;
constexpr std::string_view kImageMark = "_";
constexpr std::string_view kLabelMark = "label_";
constexpr std::string_view kAnyDigit = "0123456789";

std::string make_key(uint64_t index, std::string_view mark, std::string_view path) {
  std::string key(kDigits, '0');
  for (size_t at = kDigits; at-- > 0; index /= 10) key[at] = static_cast<char>('0' + index % 10);
  key += mark;
  key += path;
  return key;
}

bool is_letter(char c) { return std::isalpha(static_cast<unsigned char>(c)) != 0; }

std::string_view without_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size() - 1));
}

}  // namespace

std::string_view without_extension(std::string_view name) {
  constexpr size_t kLongest = 4;  // as in ".jpeg"
  const size_t point = name.rfind('.');
  if (point == std::string_view::npos) return name;
  const std::string_view extension = name.substr(point + 1);
  if (extension.empty() || extension.size() > kLongest || !is_letter(extension[0])) return name;
  const bool is_one_word = std::all_of(extension.begin(), extension.end(), [](char c) {
    return is_letter(c) || kAnyDigit.find(c) != std::string_view::npos;
  });
  return is_one_word ? name.substr(0, point) : name;
}

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

std::optional<std::string_view> key_number(std::string_view key) {
  const size_t end = std::min(key.find_first_not_of(kAnyDigit), key.size());
  if (end == 0) return std::nullopt;
  if (!parse_key(key)) {
    const std::string_view rest = key.substr(end);
    const bool is_word = !rest.empty() && is_letter(rest[0]);
    if (is_word || rest.find_first_of(kAnyDigit) != std::string_view::npos) return std::nullopt;
  }
  return without_zeros(key.substr(0, end));
}

std::optional<NumberedName> numbered_name(std::string_view key) {
  const std::string_view name = without_extension(key);
  const size_t begin = name.find_last_not_of(kAnyDigit) + 1;  // npos + 1 is 0
  if (begin == name.size()) return std::nullopt;
  return NumberedName{name.substr(0, begin), without_zeros(name.substr(begin))};
}

}  // namespace caffe_multilabel
