// Numbers as C++'s streams take them, which is how Caffe reads its lists.
#pragma once

#include <charconv>
#include <cmath>
#include <string_view>
#include <system_error>
#include <type_traits>

namespace caffe_multilabel {

// What std::from_chars makes of all of a text. Streams also take a '+', and numbers so small that
// they round to zero.
template <typename Number>
std::errc read_number(std::string_view text, Number* value) {
  const bool plus = !text.empty() && text.front() == '+';
  if (plus) text.remove_prefix(1);
  if (plus && !text.empty() && text.front() == '-') return std::errc::invalid_argument;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, *value);
  if (stop != end) return std::errc::invalid_argument;
  if constexpr (std::is_same_v<Number, float>) {
    if (error == std::errc::result_out_of_range) {  // too large, or too small
      double wide = 0;
      if (std::from_chars(text.data(), end, wide).ec == std::errc() && std::abs(wide) < 1) {
        *value = static_cast<float>(wide);
        return {};
      }
    }
  }
  return error;
}

}  // namespace caffe_multilabel
