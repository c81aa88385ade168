#include "read/transform.h"

#include <algorithm>
#include <opencv2/core.hpp>

namespace caffe_multilabel {
namespace {

bool is_mirrored(const Transformer::Draws& draws) { return draws.mirror % 2 == 1; }

float at(float mean, size_t) { return mean; }
float at(const float* mean, size_t i) { return mean[i]; }

// A row; `mean` is one number or one a value.
template <typename Number, typename Mean>
[[gnu::always_inline]] inline void subtract(const Number* in, Mean mean, float scale, size_t count,
                                            float* out) {
  for (size_t i = 0; i < count; ++i) out[i] = (static_cast<float>(in[i]) - at(mean, i)) * scale;
}

#if defined(__x86_64__) && defined(__GNUC__)

// Two thirds of the time.
template <typename Number, typename Mean>
[[gnu::target("avx2")]] void subtract_avx2(const Number* in, Mean mean, float scale, size_t count,
                                           float* out) {
  subtract(in, mean, scale, count, out);
}

const bool kHasAvx2 = __builtin_cpu_supports("avx2") != 0;

template <typename Number, typename Mean>
void subtract_row(const Number* in, Mean mean, float scale, size_t count, float* out) {
  if (kHasAvx2) {
    subtract_avx2(in, mean, scale, count, out);
  } else {
    subtract(in, mean, scale, count, out);
  }
}

#else

template <typename Number, typename Mean>
void subtract_row(const Number* in, Mean mean, float scale, size_t count, float* out) {
  subtract(in, mean, scale, count, out);
}

#endif

}  // namespace

Transformer::Draws Transformer::draw(std::mt19937* random) const {
  Draws draws;
  if (options_.mirror) draws.mirror = static_cast<uint32_t>((*random)());
  if (crops_at_random()) {
    draws.row = static_cast<uint32_t>((*random)());
    draws.column = static_cast<uint32_t>((*random)());
  }
  return draws;
}

size_t Transformer::draw_count() const {
  return (options_.mirror ? 1 : 0) + (crops_at_random() ? 2 : 0);
}

bool Transformer::output_shape(const Shape& image, Shape* output, std::string* problem) const {
  const int crop = options_.crop_size;
  const size_t means = options_.mean_values.size();
  if (image.height < crop || image.width < crop) {
    *problem =
        "its shape " + to_string(image) + " is smaller than crop_size " + std::to_string(crop);
    return false;
  }
  if (means > 1 && means != static_cast<size_t>(image.channels)) {
    *problem = "its shape is " + to_string(image) + ", and mean_value has " +
               std::to_string(means) + " values; give one, or one a channel";
    return false;
  }
  if (!options_.mean.empty() && options_.mean_shape != image) {
    *problem = "its shape is " + to_string(image) + ", that of mean_file " +
               to_string(options_.mean_shape);
    return false;
  }
  *output = crop > 0 ? Shape{image.channels, crop, crop} : image;
  return true;
}

Transformer::Window Transformer::window(const Shape& image, const Draws& draws) const {
  const auto height = static_cast<size_t>(image.height);
  const auto width = static_cast<size_t>(image.width);
  if (options_.crop_size == 0) return {0, 0, height, width};
  const auto crop = static_cast<size_t>(options_.crop_size);
  if (options_.train) {
    return {draws.row % (height - crop + 1), draws.column % (width - crop + 1), crop, crop};
  }
  return {(height - crop) / 2, (width - crop) / 2, crop, crop};
}

Crop Transformer::crop(const Shape& image, const Draws& draws) const {
  const Window at = window(image, draws);
  return {static_cast<int>(at.row), static_cast<int>(at.column), is_mirrored(draws)};
}

float Transformer::mean_value(size_t channel) const {
  const std::vector<float>& values = options_.mean_values;
  if (values.empty()) return 0;
  return values[values.size() == 1 ? 0 : channel];
}

template <typename Number>
void Transformer::transform_planes(const Number* first, size_t row_step, size_t plane_step,
                                   const Shape& image, const Window& window, bool mirrored,
                                   float* output) const {
  const auto width = static_cast<size_t>(image.width);
  const size_t plane = static_cast<size_t>(image.height) * width;
  for (size_t channel = 0; channel < static_cast<size_t>(image.channels); ++channel) {
    const float mean = mean_value(channel);
    for (size_t row = 0; row < window.height; ++row) {
      const Number* in = first + channel * plane_step + row * row_step;
      if (options_.mean.empty()) {
        subtract_row(in, mean, options_.scale, window.width, output);
      } else {
        const size_t at = channel * plane + (window.row + row) * width + window.column;
        subtract_row(in, options_.mean.data() + at, options_.scale, window.width, output);
      }
      if (mirrored) std::reverse(output, output + window.width);
      output += window.width;
    }
  }
}

void Transformer::transform(const StoredValues& image, const Draws& draws,
                            std::vector<uint8_t>* scratch, float* output) const {
  const Shape& shape = image.shape;
  const Window at = window(shape, draws);
  const bool mirrored = is_mirrored(draws);
  if (const auto* pixels = std::get_if<cv::Mat>(&image.numbers)) {
    const cv::Mat cropped =
        (*pixels)(cv::Rect(static_cast<int>(at.column), static_cast<int>(at.row),
                           static_cast<int>(at.width), static_cast<int>(at.height)));
    const size_t plane = at.height * at.width;
    scratch->resize(plane * static_cast<size_t>(shape.channels));
    to_planes(cropped, scratch->data());
    transform_planes(scratch->data(), at.width, plane, shape, at, mirrored, output);
    return;
  }
  const auto width = static_cast<size_t>(shape.width);
  const size_t plane = static_cast<size_t>(shape.height) * width;
  const size_t first = at.row * width + at.column;
  if (const auto* floats = std::get_if<const float*>(&image.numbers)) {
    transform_planes(*floats + first, width, plane, shape, at, mirrored, output);
  } else {
    const auto* bytes = std::get<const uint8_t*>(image.numbers);
    transform_planes(bytes + first, width, plane, shape, at, mirrored, output);
  }
}

}  // namespace caffe_multilabel
