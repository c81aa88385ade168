// Two channels of an image in which each pixel holds its column and its row, so that a net sees
// where Caffe's random crop and mirror took it from.
#pragma once

#include <cstdint>

#include "record/datum.h"

namespace caffe_multilabel {

inline constexpr int kRampChannels = 2;
// A byte tells no more columns or rows apart.
inline constexpr int kMostPlaces = 256;

// Writes the planes of columns and of rows, each height x width bytes.
void write_ramps(int height, int width, uint8_t* planes);

// Whether the last two channels of a raw record are ramps, and others are before them.
bool has_ramps(const DatumView& raw);

}  // namespace caffe_multilabel
