// The shape of what a record holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <string>

namespace caffe_multilabel {

struct Shape {
  int channels = 0;
  int height = 0;
  int width = 0;

  // Whether all sides are positive, and the size is no more than an int32, as Caffe counts.
  bool is_usable() const {
    constexpr int64_t kMost = std::numeric_limits<int32_t>::max();
    if (channels < 1 || height < 1 || width < 1) return false;
    const int64_t plane = static_cast<int64_t>(height) * width;
    return plane <= kMost && plane * channels <= kMost;
  }
  // Of a usable shape.
  size_t size() const {
    return static_cast<size_t>(channels) * static_cast<size_t>(height) * static_cast<size_t>(width);
  }
  friend bool operator==(const Shape& a, const Shape& b) {
    return a.channels == b.channels && a.height == b.height && a.width == b.width;
  }
  friend bool operator!=(const Shape& a, const Shape& b) { return !(a == b); }
};

// "3 x 256 x 256"
inline std::string to_string(const Shape& shape) {
  return std::to_string(shape.channels) + " x " + std::to_string(shape.height) + " x " +
         std::to_string(shape.width);
}

}  // namespace caffe_multilabel
