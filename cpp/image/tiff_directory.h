// The entries of a TIFF structure: of a file, or of what an Exif segment holds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "image/bytes.h"

namespace caffe_multilabel {

// Whether the bytes begin as a TIFF structure, and so tell their order.
bool is_tiff(const uint8_t* data, size_t size);

// Of a TIFF structure, in its order.
Bytes tiff_bytes(const uint8_t* tiff, size_t size);

// The numbers of an entry. They stay in the file, all of them inside it.
class TiffValues {
 public:
  TiffValues() = default;
  TiffValues(const Bytes& bytes, size_t at, size_t width, size_t count)
      : bytes_(bytes), at_(at), width_(width), count_(count) {}

  size_t size() const { return count_; }
  uint32_t operator[](size_t i) const {
    const size_t at = at_ + i * width_;
    return width_ == 2 ? bytes_.u16(at) : bytes_.u32(at);
  }
  uint32_t first_or(uint32_t fallback) const { return count_ == 0 ? fallback : (*this)[0]; }

 private:
  Bytes bytes_{nullptr, 0};
  size_t at_ = 0;
  size_t width_ = 2;
  size_t count_ = 0;
};

// Directory 0; of bytes that are no TIFF structure, one without entries. BigTIFF is none.
class TiffDirectory {
 public:
  TiffDirectory(const uint8_t* tiff, size_t size);

  // The 16-bit value of the first entry with this tag, whatever its type, as OpenCV reads EXIF.
  std::optional<uint32_t> short_value(uint32_t tag) const;

  // All values of the first entry with this tag; none where it is cut off, or of a type other than
  // SHORT and LONG.
  TiffValues values(uint32_t tag) const;

  // Where the pixels lie: in strips or in tiles.
  struct Parts {
    bool tiled = false;
    TiffValues offsets;
    TiffValues sizes;
  };
  Parts parts() const;

 private:
  std::optional<size_t> find(uint32_t tag) const;

  Bytes bytes_;
  size_t first_ = 0;
  size_t entries_ = 0;
};

}  // namespace caffe_multilabel
