#include "base/text.h"

#include <charconv>
#include <cstdio>

namespace caffe_multilabel {

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

std::string in_quotes(std::string_view bytes) {
  constexpr size_t kLongest = 100;
  constexpr size_t kShown = 60;
  if (bytes.size() <= kLongest) return "'" + printable(bytes) + "'";
  size_t end = kShown;  // no character of UTF-8 is cut in two
  while (end > 0 && (static_cast<unsigned char>(bytes[end]) & 0xC0) == 0x80) --end;
  if (end == 0) end = kShown;
  return "'" + printable(bytes.substr(0, end)) + "...' (" + counted(bytes.size(), "byte") + ")";
}

std::string counted(uint64_t count, std::string_view noun, std::string_view plural) {
  const bool takes_s = count != 1 && plural.empty();
  const std::string_view word = count == 1 || plural.empty() ? noun : plural;
  return std::to_string(count) + " " + std::string(word) + (takes_s ? "s" : "");
}

std::string number_text(float value) {
  char text[32];
  char* const end = std::to_chars(text, text + sizeof text, value).ptr;
  return std::string(text, end);
}

}  // namespace caffe_multilabel
