#include "record/key.h"

#include <algorithm>
#include <cstdio>

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

std::optional<ParsedKey> parse_key(std::string_view key, std::string_view mark) {
  if (key.size() < kDigits + mark.size() || key.substr(kDigits, mark.size()) != mark) {
    return std::nullopt;
  }
  uint64_t index = 0;
  for (const char c : key.substr(0, kDigits)) {
    if (c < '0' || c > '9') return std::nullopt;
    index = index * 10 + static_cast<uint64_t>(c - '0');
  }
  return ParsedKey{index, key.substr(kDigits + mark.size())};
}

}  // namespace

std::string image_key(uint64_t index, std::string_view path) {
  return make_key(index, kImageMark, path);
}

std::string label_key(uint64_t index, std::string_view path) {
  return make_key(index, kLabelMark, path);
}

std::optional<ParsedKey> parse_image_key(std::string_view key) {
  return parse_key(key, kImageMark);
}

std::optional<ParsedKey> parse_label_key(std::string_view key) {
  return parse_key(key, kLabelMark);
}

std::string printable(std::string_view bytes) {
  std::string text;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) {
      char escaped[5];
      std::snprintf(escaped, sizeof escaped, "\\x%02x", byte);
      text += escaped;
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace caffe_multilabel
