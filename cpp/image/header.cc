#include "image/header.h"

#include <algorithm>
#include <iterator>
#include <string_view>

#include "base/text.h"
#include "image/bytes.h"
#include "image/tiff_directory.h"

namespace caffe_multilabel {
namespace {

constexpr uint64_t kMaxPixels = uint64_t{1} << 30U;
constexpr std::string_view kPngSignature = "\x89PNG\r\n\x1a\n";
constexpr std::string_view kExifMark("Exif\0\0", 6);

bool starts_with(const uint8_t* data, size_t size, std::string_view mark) {
  return size >= mark.size() &&
         std::equal(mark.begin(), mark.end(), reinterpret_cast<const char*>(data));
}

// Of directories in TIFF structures.
constexpr uint32_t kOrientationTag = 0x0112;
constexpr size_t kEntrySize = 12;

// `tiff` is the TIFF structure inside an Exif segment. Only directory 0 is looked at.
bool orientation_is_normal(const uint8_t* tiff, size_t size) {
  constexpr uint32_t kShort = 3;
  if (!is_tiff(tiff, size)) return false;
  const Bytes bytes = tiff_bytes(tiff, size);
  if (!bytes.has(0, 8)) return false;
  const size_t directory = bytes.u32(4);
  if (!bytes.has(directory, 2)) return false;
  const size_t entries = bytes.u16(directory);
  if (!bytes.has(directory + 2, entries * kEntrySize)) return false;
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + i * kEntrySize;
    if (bytes.u16(entry) != kOrientationTag) continue;
    if (bytes.u16(entry + 2) != kShort || bytes.u16(entry + 8) != 1) return false;
  }
  return true;
}

std::string claims(uint64_t width, uint64_t height) {
  return "its header claims " + std::to_string(width) + " x " + std::to_string(height) + " pixels";
}

}  // namespace

ImageFormat image_format(const uint8_t* data, size_t size) {
  if (starts_with(data, size, "\xff\xd8\xff")) return ImageFormat::kJpeg;
  if (starts_with(data, size, kPngSignature)) return ImageFormat::kPng;
  return ImageFormat::kOther;
}

bool holds_floats(const uint8_t* data, size_t size) {
  constexpr std::string_view kSignatures[] = {"PF\n", "Pf\n", "#?RADIANCE", "#?RGBE"};
  return std::any_of(std::begin(kSignatures), std::end(kSignatures),
                     [&](std::string_view mark) { return starts_with(data, size, mark); });
}

bool may_be_rotated(const uint8_t* jpeg, size_t size) {
  constexpr uint8_t kApp1 = 0xe1;
  constexpr uint8_t kStartOfScan = 0xda;
  const Bytes bytes(jpeg, size);
  for (size_t at = 2; bytes.has(at, 4);) {
    if (jpeg[at] != 0xff) return true;  // stray bytes: OpenCV may still find EXIF data behind them
    const uint8_t marker = jpeg[at + 1];
    if (marker == 0xff) {  // fill byte
      ++at;
      continue;
    }
    if (marker == kStartOfScan) return false;
    const size_t length = bytes.u16(at + 2);
    if (length < 2 || !bytes.has(at + 2, length)) return true;
    const uint8_t* body = jpeg + at + 4;
    const size_t body_size = length - 2;
    if (marker == kApp1 && body_size > kExifMark.size()) {
      // OpenCV takes the first bytes of every APP1 for the mark, whatever they are.
      const uint8_t* tiff = body + kExifMark.size();
      const size_t tiff_size = body_size - kExifMark.size();
      const bool is_exif = starts_with(body, body_size, kExifMark) || is_tiff(tiff, tiff_size);
      if (is_exif && !orientation_is_normal(tiff, tiff_size)) return true;
    }
    at += 2 + length;
  }
  return true;
}

int exif_orientation(const uint8_t* tiff, size_t size) {
  constexpr uint32_t kUpright = 1;
  const uint32_t orientation =
      TiffDirectory(tiff, size).short_value(kOrientationTag).value_or(kUpright);
  return static_cast<int>(orientation >= 1 && orientation <= 8 ? orientation : kUpright);
}

std::optional<PngHeader> png_header(const uint8_t* png, size_t size) {
  const Bytes bytes(png, size);
  if (!bytes.has(16, 10)) return std::nullopt;
  return PngHeader{bytes.u32(16), bytes.u32(20), png[24], png[25]};
}

bool is_plain_png(const uint8_t* png, size_t size, bool gray) {
  constexpr uint8_t kGray = 0;
  constexpr uint8_t kRgb = 2;
  const auto header = png_header(png, size);
  const uint8_t color_type = gray ? kGray : kRgb;
  if (!header || header->bit_depth != 8 || header->color_type != color_type) return false;
  const Bytes bytes(png, size);
  for (size_t at = kPngSignature.size(); bytes.has(at, 8);) {
    const std::string_view type(reinterpret_cast<const char*>(png) + at + 4, 4);
    // Orientation may stand behind the pixels too.
    if (type == "IEND") return bytes.has(at, 12);
    if (type == "tRNS" || type == "eXIf") return false;
    const size_t length = bytes.u32(at);
    at += 12 + length;  // length, type, data, checksum
  }
  return false;
}

bool is_plausible(ImageFormat format, const uint8_t* data, size_t size, int jpeg_width,
                  int jpeg_height, std::string* problem) {
  uint64_t width = 0;
  uint64_t height = 0;
  uint64_t least = 0;  // bytes such an image takes
  if (format == ImageFormat::kJpeg) {
    width = static_cast<uint64_t>(jpeg_width);
    height = static_cast<uint64_t>(jpeg_height);
    least = ((width + 7) / 8) * ((height + 7) / 8) / 8;
  } else if (format == ImageFormat::kPng) {
    const auto header = png_header(data, size);
    if (!header) {
      *problem = "its PNG header is cut off";
      return false;
    }
    width = header->width;
    height = header->height;
    if (width > kMaxPixels || height > kMaxPixels) {
      *problem = claims(width, height);
      return false;
    }
    least = (width * header->bit_depth / 8 + 1) * height / 1032;
  } else {
    return true;
  }
  if (width == 0 || height == 0) {
    *problem = "it has no pixels";
  } else if (width * height > kMaxPixels) {
    *problem = claims(width, height) + ", more than 2^30";
  } else if (least > size) {
    *problem = claims(width, height) + ", its " + counted(size, "byte") + " cannot hold them";
  } else {
    return true;
  }
  return false;
}

}  // namespace caffe_multilabel
