#include "image/lossy.h"

#include <string_view>

#include "image/bytes.h"
#include "image/header.h"
#include "image/tiff_directory.h"

namespace caffe_multilabel {
namespace {

constexpr std::string_view kCodestream = "\xff\x4f\xff\x51";  // JPEG 2000: SOC, SIZ

std::string_view text(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// A RIFF file's chunks: VP8 is lossy, VP8L is not.
bool is_lossy_webp(const uint8_t* data, size_t size) {
  const Bytes bytes(data, size, Bytes::Order::kLittleEndian);
  for (size_t at = 12; bytes.has(at, 8);) {
    if (text(data + at, 4) == "VP8 ") return true;
    const size_t length = bytes.u32(at + 4);
    at += 8 + length + (length & 1);
  }
  return false;
}

// A JPEG 2000 codestream, which may stand in boxes: its COD segment names the wavelet.
bool is_lossy_jpeg2000(const uint8_t* data, size_t size) {
  constexpr uint32_t kCodingStyle = 0xff52;
  constexpr size_t kWavelet = 13;  // from its marker on
  constexpr uint8_t kIrreversible = 0;
  const size_t start = text(data, size).find(kCodestream);
  if (start == std::string_view::npos) return false;
  const Bytes bytes(data, size);
  for (size_t at = start + 2; bytes.has(at, kWavelet + 1); at += 2 + bytes.u16(at + 2)) {
    if (bytes.u16(at) == kCodingStyle) return data[at + kWavelet] == kIrreversible;
  }
  return false;
}

// The compressions whose parts are files of their own; the first part speaks for all.
bool is_lossy_tiff(const uint8_t* data, size_t size) {
  constexpr uint32_t kCompression = 259;
  constexpr uint32_t kOldJpeg = 6;
  constexpr uint32_t kJpeg = 7;
  constexpr uint32_t kJpeg2000 = 34712;
  constexpr uint32_t kWebp = 50001;
  const TiffDirectory directory(data, size);
  const auto compression = directory.short_value(kCompression);
  if (compression == kOldJpeg || compression == kJpeg) return true;
  if (compression != kJpeg2000 && compression != kWebp) return false;
  const auto parts = directory.parts();
  const size_t at = parts.offsets.first_or(0);
  const size_t length = parts.sizes.first_or(0);
  if (!Bytes(data, size).has(at, length)) return false;
  return compression == kWebp ? is_lossy_webp(data + at, length)
                              : is_lossy_jpeg2000(data + at, length);
}

}  // namespace

bool is_lossy(const uint8_t* data, size_t size) {
  if (image_format(data, size) == ImageFormat::kJpeg) return true;
  const Bytes bytes(data, size);
  if (!bytes.has(0, 12)) return false;
  const std::string_view mark = text(data + 4, 8);
  if (text(data, 4) == "RIFF" && mark.substr(4) == "WEBP") return is_lossy_webp(data, size);
  if (mark == "ftypavif") return true;
  if (text(data, 4) == kCodestream || mark == "jP  \r\n\x87\n") {
    return is_lossy_jpeg2000(data, size);
  }
  return is_lossy_tiff(data, size);
}

}  // namespace caffe_multilabel
