// The mean image of an image DB.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "base/shape.h"
#include "jobs/progress.h"

namespace caffe_multilabel {

// Sums over all images of a DB. Those of bytes are exact as long as they are below 2^53.
struct ImageSums {
  uint64_t count = 0;
  Shape shape;
  std::vector<double> values;   // sum of each value, channels x height x width
  std::vector<double> squares;  // sum of the squares of each channel's values
};

// Looks at every image as Caffe's compute_image_mean does; the sums are the same for any number
// of threads. Throws Error for a DB without records and for the first record that cannot be used or
// has another shape.
ImageSums sum_images(const std::string& directory, size_t threads, const JobProgress& progress);

}  // namespace caffe_multilabel
