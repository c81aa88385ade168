// Numbers in the headers of image files.
#pragma once

#include <cstddef>
#include <cstdint>

namespace caffe_multilabel {

// Unsigned integers of either byte order inside a byte range, which it does not own. Whoever reads
// one has asked has() before.
class Bytes {
 public:
  enum class Order { kBigEndian, kLittleEndian };

  Bytes(const uint8_t* data, size_t size, Order order = Order::kBigEndian)
      : data_(data), size_(size), order_(order) {}

  bool has(size_t at, size_t count) const { return at <= size_ && count <= size_ - at; }
  uint32_t u16(size_t at) const { return number(at, 2); }
  uint32_t u32(size_t at) const { return number(at, 4); }

 private:
  uint32_t number(size_t at, size_t count) const {
    uint32_t value = 0;
    for (size_t i = 0; i < count; ++i) {
      value = value << 8U | data_[at + (order_ == Order::kLittleEndian ? count - 1 - i : i)];
    }
    return value;
  }

  const uint8_t* data_;
  size_t size_;
  Order order_;
};

}  // namespace caffe_multilabel
