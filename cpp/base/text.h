// Bytes and numbers as they stand in messages.
#pragma once

#include <string>
#include <string_view>

namespace caffe_multilabel {

// Control characters are written as \xNN, the rest is left alone.
std::string printable(std::string_view bytes);

// `bytes` in single quotes, made printable(). Of those that fill no message of one line, only the
// beginning, and how many bytes there are.
std::string in_quotes(std::string_view bytes);

// The shortest decimal text that reads back as `value`.
std::string number_text(float value);

}  // namespace caffe_multilabel
