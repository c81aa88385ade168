// Bytes and numbers as they stand in messages.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace caffe_multilabel {

// Control characters are written as \xNN, the rest is left alone.
std::string printable(std::string_view bytes);

// `bytes` in single quotes, made printable(). Of those that fill no message of one line, only the
// beginning, and how many bytes there are.
std::string in_quotes(std::string_view bytes);

// A count with its noun, "1 line" and "2 lines"; `plural` where that is no noun with an s.
std::string counted(uint64_t count, std::string_view noun, std::string_view plural = {});

// The word that goes with a count, such as a verb.
inline const char* by_count(uint64_t count, const char* one, const char* several) {
  return count == 1 ? one : several;
}

// The shortest decimal text that reads back as `value`.
std::string number_text(float value);

}  // namespace caffe_multilabel
