#include "image/tiff.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

#include "image/bytes.h"
#include "image/header.h"

namespace caffe_multilabel {
namespace {

constexpr uint32_t kCompression = 259;
constexpr uint32_t kDeflate = 8;
constexpr uint32_t kOldDeflate = 32946;
constexpr uint32_t kFillOrder = 266;
constexpr uint32_t kLowBitsFirst = 2;
constexpr uint32_t kStripOffsets = 273;
constexpr uint32_t kStripSizes = 279;
constexpr uint32_t kTileOffsets = 324;
constexpr uint32_t kTileSizes = 325;

// Directory 0 of a TIFF structure.
class Directory {
 public:
  Directory(const uint8_t* data, size_t size)
      : bytes_(data, size,
               data[0] == 'I' ? Bytes::Order::kLittleEndian : Bytes::Order::kBigEndian) {}

  // All values of an entry of 16 or 32 bits; none where there is no such entry, or it is cut off.
  std::vector<uint32_t> values(uint32_t tag) const {
    constexpr size_t kEntrySize = 12;
    constexpr uint32_t kShort = 3;
    constexpr uint32_t kLong = 4;
    const size_t directory = bytes_.u32(4);
    if (!bytes_.has(directory, 2)) return {};
    const size_t entries = bytes_.u16(directory);
    for (size_t i = 0; i < entries; ++i) {
      const size_t entry = directory + 2 + i * kEntrySize;
      if (!bytes_.has(entry, kEntrySize)) return {};
      if (bytes_.u16(entry) != tag) continue;
      const uint32_t type = bytes_.u16(entry + 2);
      if (type != kShort && type != kLong) return {};
      const size_t width = type == kShort ? 2 : 4;
      const size_t count = bytes_.u32(entry + 4);
      const size_t at = count * width <= 4 ? entry + 8 : bytes_.u32(entry + 8);
      if (!bytes_.has(at, count * width)) return {};
      std::vector<uint32_t> values(count);
      for (size_t k = 0; k < count; ++k) {
        values[k] = type == kShort ? bytes_.u16(at + k * width) : bytes_.u32(at + k * width);
      }
      return values;
    }
    return {};
  }

 private:
  Bytes bytes_;
};

// Where bytes are inflated that nobody wants.
class Inflater {
 public:
  Inflater() { inflateInit(&stream_); }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Whether the bytes begin with a whole zlib stream. All streams together may hold as much as
  // OpenCV's largest image.
  bool is_whole(const uint8_t* data, size_t size) {
    inflateReset(&stream_);
    stream_.next_in = const_cast<uint8_t*>(data);
    stream_.avail_in = static_cast<uInt>(size);
    int state = Z_OK;
    while (state == Z_OK && left_ > 0) {
      stream_.next_out = scratch_.data();
      stream_.avail_out = static_cast<uInt>(scratch_.size());
      state = inflate(&stream_, Z_NO_FLUSH);
      left_ -= std::min<uint64_t>(left_, scratch_.size() - stream_.avail_out);
    }
    return state == Z_STREAM_END;
  }

 private:
  uint64_t left_ = uint64_t{8} << 30U;  // 2^30 pixels of 64 bits
  z_stream stream_{};
  std::array<uint8_t, 1U << 15U> scratch_{};
};

}  // namespace

bool is_whole_tiff(const uint8_t* data, size_t size, std::string* problem) {
  const std::optional<uint32_t> compression = tiff_entry(data, size, kCompression);
  if (compression != kDeflate && compression != kOldDeflate) return true;
  const Directory directory(data, size);
  if (directory.values(kFillOrder) == std::vector<uint32_t>{kLowBitsFirst}) return true;
  const bool tiled = !directory.values(kTileOffsets).empty();
  const auto offsets = directory.values(tiled ? kTileOffsets : kStripOffsets);
  const auto sizes = directory.values(tiled ? kTileSizes : kStripSizes);
  // Not for this to judge: libtiff mends such tables where it can.
  if (offsets.size() != sizes.size()) return true;
  const Bytes bytes(data, size);
  size_t left = size;
  Inflater inflater;
  for (size_t i = 0; i < offsets.size(); ++i) {
    // Parts of no bytes may be meant; those that share bytes would take a time without bounds.
    if (sizes[i] > left) return true;
    left -= sizes[i];
    if (sizes[i] == 0 ||
        (bytes.has(offsets[i], sizes[i]) && inflater.is_whole(data + offsets[i], sizes[i]))) {
      continue;
    }
    *problem = std::string("broken TIFF: ") + (tiled ? "tile " : "strip ") + std::to_string(i + 1) +
               " of " + std::to_string(offsets.size()) + " is damaged or cut off";
    return false;
  }
  return true;
}

}  // namespace caffe_multilabel
