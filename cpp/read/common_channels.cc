#include "read/common_channels.h"

#include <algorithm>

namespace caffe_multilabel {

int channels_as_read(int channels, bool encoded, Decoding decoding) {
  if (!encoded || decoding == Decoding::kStored) return channels;
  return decoding == Decoding::kColor ? 3 : 1;
}

bool CommonChannels::add(int channels, bool encoded) {
  const bool is_first = !readings_;
  auto readings = readings_.value_or(std::array<Reading, kDecodings.size()>{});
  for (size_t i = 0; i < readings.size(); ++i) {
    const int read = channels_as_read(channels, encoded, kDecodings[i]);
    if (is_first) readings[i].channels = read;
    if (read == 0 || read != readings[i].channels) readings[i].suits = false;
  }
  const auto suits = [](const Reading& reading) { return reading.suits; };
  if (std::none_of(readings.begin(), readings.end(), suits)) return false;
  readings_ = readings;
  return true;
}

bool CommonChannels::suits(Decoding decoding) const {
  for (size_t i = 0; readings_ && i < kDecodings.size(); ++i) {
    if (kDecodings[i] == decoding) return (*readings_)[i].suits;
  }
  return true;
}

}  // namespace caffe_multilabel
