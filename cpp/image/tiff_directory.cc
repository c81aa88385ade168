#include "image/tiff_directory.h"

#include <string_view>

namespace caffe_multilabel {
namespace {

constexpr size_t kEntrySize = 12;

std::string_view order_mark(const uint8_t* data, size_t size) {
  return {reinterpret_cast<const char*>(data), size < 2 ? size : 2};
}

}  // namespace

bool is_tiff(const uint8_t* data, size_t size) {
  const std::string_view mark = order_mark(data, size);
  return mark == "II" || mark == "MM";
}

Bytes tiff_bytes(const uint8_t* tiff, size_t size) {
  return {tiff, size,
          order_mark(tiff, size) == "II" ? Bytes::Order::kLittleEndian : Bytes::Order::kBigEndian};
}

TiffDirectory::TiffDirectory(const uint8_t* tiff, size_t size) : bytes_(tiff_bytes(tiff, size)) {
  constexpr uint32_t kTiffMark = 42;
  if (!is_tiff(tiff, size) || !bytes_.has(0, 8) || bytes_.u16(2) != kTiffMark) return;
  const size_t directory = bytes_.u32(4);
  if (!bytes_.has(directory, 2)) return;
  first_ = directory + 2;
  entries_ = bytes_.u16(directory);
}

std::optional<size_t> TiffDirectory::find(uint32_t tag) const {
  for (size_t i = 0; i < entries_; ++i) {
    const size_t entry = first_ + i * kEntrySize;
    if (!bytes_.has(entry, kEntrySize)) break;
    if (bytes_.u16(entry) == tag) return entry;
  }
  return std::nullopt;
}

std::optional<uint32_t> TiffDirectory::short_value(uint32_t tag) const {
  const auto entry = find(tag);
  return entry ? std::optional(bytes_.u16(*entry + 8)) : std::nullopt;
}

TiffValues TiffDirectory::values(uint32_t tag) const {
  constexpr uint32_t kShort = 3;
  constexpr uint32_t kLong = 4;
  const auto entry = find(tag);
  if (!entry) return {};
  const uint32_t type = bytes_.u16(*entry + 2);
  if (type != kShort && type != kLong) return {};
  const size_t width = type == kShort ? 2 : 4;
  const size_t count = bytes_.u32(*entry + 4);
  const size_t at = count * width <= 4 ? *entry + 8 : bytes_.u32(*entry + 8);
  if (!bytes_.has(at, count * width)) return {};
  return {bytes_, at, width, count};
}

TiffDirectory::Parts TiffDirectory::parts() const {
  constexpr uint32_t kStripOffsets = 273;
  constexpr uint32_t kStripSizes = 279;
  constexpr uint32_t kTileOffsets = 324;
  constexpr uint32_t kTileSizes = 325;
  const TiffValues tiles = values(kTileOffsets);
  if (tiles.size() > 0) return {true, tiles, values(kTileSizes)};
  return {false, values(kStripOffsets), values(kStripSizes)};
}

}  // namespace caffe_multilabel
