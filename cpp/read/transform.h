// What Caffe's DataTransformer does to each image: crop, mirror, mean, scale.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "base/shape.h"
#include "read/stored_values.h"

namespace caffe_multilabel {

// Caffe's transform_param and the phase.
struct TransformOptions {
  int crop_size = 0;  // 0 takes the whole image
  bool mirror = false;
  bool train = false;              // crop at random, else in the centre
  std::vector<float> mean_values;  // one, or one a channel; or none
  Shape mean_shape;                // of `mean`
  std::vector<float> mean;         // the mean image; or empty
  float scale = 1;
};

// Where an image was cut out, and whether the cut was flipped left to right then.
struct Crop {
  int row = 0;
  int column = 0;
  bool mirrored = false;
};

class Transformer {
 public:
  explicit Transformer(TransformOptions options) : options_(std::move(options)) {}

  // The random numbers that one image takes. Caffe draws them from its mt19937 in this order, and
  // each only where it has a use: whether to mirror, row and column of the crop.
  struct Draws {
    uint32_t mirror = 0;
    uint32_t row = 0;
    uint32_t column = 0;
  };
  Draws draw(std::mt19937* random) const;
  // How many numbers draw() takes.
  size_t draw_count() const;

  // The shape of what comes out. False with `*problem` when the options do not go with the image.
  bool output_shape(const Shape& image, Shape* output, std::string* problem) const;

  // What these numbers mean for an image that output_shape() takes.
  Crop crop(const Shape& image, const Draws& draws) const;

  // Writes planes of (value - mean) * scale, as output_shape() says. `*scratch` is kept by the
  // caller from image to image.
  void transform(const StoredValues& image, const Draws& draws, std::vector<uint8_t>* scratch,
                 float* output) const;

 private:
  // Where in the image the output lies.
  struct Window {
    size_t row;
    size_t column;
    size_t height;
    size_t width;
  };
  Window window(const Shape& image, const Draws& draws) const;
  bool crops_at_random() const { return options_.crop_size > 0 && options_.train; }
  float mean_value(size_t channel) const;

  // `first` is the window's first number; rows and planes of numbers are so far apart.
  template <typename Number>
  void transform_planes(const Number* first, size_t row_step, size_t plane_step, const Shape& image,
                        const Window& window, bool mirrored, float* output) const;

  TransformOptions options_;
};

}  // namespace caffe_multilabel
