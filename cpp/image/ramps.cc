#include "image/ramps.h"

#include <cstddef>
#include <cstring>
#include <vector>

namespace caffe_multilabel {

void write_ramps(int height, int width, uint8_t* planes) {
  const auto columns = static_cast<size_t>(width);
  uint8_t* const rows = planes + static_cast<size_t>(height) * columns;
  for (int row = 0; row < height; ++row) {
    const size_t at = static_cast<size_t>(row) * columns;
    for (size_t column = 0; column < columns; ++column) {
      planes[at + column] = static_cast<uint8_t>(column);
    }
    std::memset(rows + at, row, columns);
  }
}

bool has_ramps(const DatumView& raw) {
  const Shape& shape = raw.shape;
  if (raw.encoded || shape.channels <= kRampChannels || raw.data.size() != shape.size()) {
    return false;
  }
  if (shape.height > kMostPlaces || shape.width > kMostPlaces) return false;
  const Shape planes{kRampChannels, shape.height, shape.width};
  std::vector<uint8_t> wanted(planes.size());
  write_ramps(shape.height, shape.width, wanted.data());
  const char* const stored = raw.data.data() + (raw.data.size() - wanted.size());
  return std::memcmp(stored, wanted.data(), wanted.size()) == 0;
}

}  // namespace caffe_multilabel
