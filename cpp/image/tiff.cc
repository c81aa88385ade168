#include "image/tiff.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <new>

#include "image/bytes.h"
#include "image/tiff_directory.h"

namespace caffe_multilabel {
namespace {

constexpr uint64_t kMaxPixels = uint64_t{1} << 30U;  // of OpenCV

bool is_deflated(const TiffDirectory& directory) {
  constexpr uint32_t kCompression = 259;
  constexpr uint32_t kDeflate = 8;
  constexpr uint32_t kOldDeflate = 32946;
  constexpr uint32_t kFillOrder = 266;
  constexpr uint32_t kLowBitsFirst = 2;
  const auto compression = directory.short_value(kCompression);
  return (compression == kDeflate || compression == kOldDeflate) &&
         directory.values(kFillOrder).first_or(0) != kLowBitsFirst;
}

uint64_t rounded_up(uint64_t size, uint64_t unit) {
  return unit == 0 ? size : (size + unit - 1) / unit * unit;
}

// What all parts hold: tiles are whole at the right and lower edge too. 0 where OpenCV takes no
// such image, for its size or because nothing tells it.
uint64_t pixel_bytes(const TiffDirectory& directory, bool tiled) {
  constexpr uint32_t kWidth = 256;
  constexpr uint32_t kHeight = 257;
  constexpr uint32_t kBits = 258;
  constexpr uint32_t kSamples = 277;
  constexpr uint32_t kTileWidth = 322;
  constexpr uint32_t kTileHeight = 323;
  constexpr uint64_t kMaxBits = 64;  // of OpenCV, as the next
  constexpr uint64_t kMaxSamples = 512;
  uint64_t width = directory.values(kWidth).first_or(0);
  uint64_t height = directory.values(kHeight).first_or(0);
  if (tiled) {
    width = rounded_up(width, directory.values(kTileWidth).first_or(0));
    height = rounded_up(height, directory.values(kTileHeight).first_or(0));
  }
  if (width > kMaxPixels || height > kMaxPixels || width * height > kMaxPixels) return 0;
  const uint64_t samples = std::min<uint64_t>(directory.values(kSamples).first_or(1), kMaxSamples);
  const uint64_t bits = std::min<uint64_t>(directory.values(kBits).first_or(1), kMaxBits);
  return (width * samples * bits + 7) / 8 * height;
}

enum class Stream { kWhole, kDamaged, kTooLong };

// Where bytes are inflated that nobody wants. A damaged stream often goes on behind its pixels, so
// all streams together have room for twice as much and some more, to see how they end.
class Inflater {
 public:
  explicit Inflater(uint64_t pixel_bytes) : left_(2 * pixel_bytes + kSomeMore) {
    if (inflateInit(&stream_) != Z_OK) throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream_); }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;

  // Of the zlib stream that the bytes begin with.
  Stream check(const uint8_t* data, size_t size) {
    inflateReset(&stream_);
    stream_.next_in = const_cast<uint8_t*>(data);
    stream_.avail_in = static_cast<uInt>(size);
    int state = Z_OK;
    while (state == Z_OK && left_ > 0) {
      const auto room = static_cast<uInt>(std::min<uint64_t>(left_, scratch_.size()));
      stream_.next_out = scratch_.data();
      stream_.avail_out = room;
      state = inflate(&stream_, Z_NO_FLUSH);
      left_ -= room - stream_.avail_out;
    }
    if (left_ == 0) return Stream::kTooLong;
    return state == Z_STREAM_END ? Stream::kWhole : Stream::kDamaged;
  }

 private:
  static constexpr uint64_t kSomeMore = uint64_t{1} << 16U;

  uint64_t left_;
  z_stream stream_{};
  std::array<uint8_t, 1U << 15U> scratch_{};
};

}  // namespace

bool is_whole_tiff(const uint8_t* data, size_t size, std::string* problem) {
  const TiffDirectory directory(data, size);
  if (!is_deflated(directory)) return true;
  const auto [tiled, offsets, sizes] = directory.parts();
  const uint64_t wanted = pixel_bytes(directory, tiled);
  // Not for this to judge: OpenCV refuses the one, and libtiff mends the other where it can.
  if (wanted == 0 || offsets.size() != sizes.size()) return true;
  const Bytes bytes(data, size);
  size_t left = size;
  Inflater inflater(wanted);
  for (size_t i = 0; i < offsets.size(); ++i) {
    if (sizes[i] == 0) continue;  // may be meant
    Stream stream = Stream::kDamaged;
    if (bytes.has(offsets[i], sizes[i])) {
      // Parts that share bytes would take a time without bounds.
      if (sizes[i] > left) return true;
      left -= sizes[i];
      stream = inflater.check(data + offsets[i], sizes[i]);
    }
    if (stream == Stream::kTooLong) return true;  // libtiff takes the pixels and leaves the rest
    if (stream == Stream::kWhole) continue;
    *problem = std::string("broken TIFF: ") + (tiled ? "tile " : "strip ") + std::to_string(i + 1) +
               " of " + std::to_string(offsets.size()) + " is damaged or cut off";
    return false;
  }
  return true;
}

}  // namespace caffe_multilabel
