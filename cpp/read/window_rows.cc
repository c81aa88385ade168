#include "read/window_rows.h"

#include <algorithm>
#include <opencv2/core.hpp>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "image/decode.h"
#include "image/file_decoder.h"

namespace caffe_multilabel {
namespace {

constexpr int kImageChannels = 3;

// Where in a mean image the first number of the output has its mean; the axes share it, in Caffe.
int mean_offset(const TransformOptions& transform, int side) {
  return (transform.mean_shape.width - side) / 2;
}

void check(const TransformOptions& transform, const WindowOptions& options) {
  const auto require = [](bool holds, const std::string& message) {
    if (!holds) throw Error(ErrorKind::kOption, message);
  };
  const int side = options.crop.crop_size;
  const float fraction = options.foreground_fraction;
  require(side > 0, "crop_size is 0, must be 1 or more");
  require(fraction >= 0 && fraction <= 1,
          "fg_fraction is " + number_text(fraction) + ", must be from 0 to 1");
  require(options.crop.context_pad >= 0 && options.crop.context_pad < (side + 1) / 2,
          "context_pad is " + std::to_string(options.crop.context_pad) +
              ", must be less than half of crop_size, which is " + std::to_string(side));
  const size_t means = transform.mean_values.size();
  require(means <= 1 || means == kImageChannels,
          "mean_value is given " + std::to_string(means) + " times; once, or 3 times, is allowed");
  if (transform.mean.empty()) return;
  const Shape& mean = transform.mean_shape;
  require(mean.channels == kImageChannels && mean.width >= side &&
              mean.height >= side + mean_offset(transform, side),
          "the shape of mean_file is " + to_string(mean) + ", too small for crop_size " +
              std::to_string(side) + "; 3 channels are wanted, and sides of one length");
}

class WindowMaker : public RowMaker {
 public:
  WindowMaker(const WindowFile* file, const WindowOptions* options,
              const TransformOptions* transform)
      : file_(*file), options_(*options), transform_(*transform) {}

  bool read(const Row& row, Shape* shape, std::string* problem) override {
    const Window& window = file_.windows[row.position];
    if (!load(window.image, problem)) return false;
    const int side = options_.crop.crop_size;
    *shape = {kImageChannels, side, side};
    return crop_window(window, pixels_.size(), options_.crop, is_mirrored(row), &crop_, problem);
  }

  void write(const Row& row, size_t at, Batch* batch) override {
    const Window& window = file_.windows[row.position];
    resize(pixels_(crop_.part), crop_.size.width, crop_.size.height, &scaled_);
    if (is_mirrored(row)) cv::flip(scaled_, scaled_, 1);
    float* const numbers = batch->floats() + at * batch->shape.size();
    std::fill_n(numbers, batch->shape.size(), 0.0F);
    for (int channel = 0; channel < kImageChannels; ++channel) write_plane(channel, numbers);
    batch->datum_labels[at] = window.overlap >= options_.foreground_threshold ? window.label : 0;
    batch->crops[at] = {crop_.row, crop_.column, is_mirrored(row)};
  }

 private:
  static bool is_mirrored(const Row& row) { return row.draws.mirror % 2 == 1; }

  bool load(uint32_t image, std::string* problem) {
    if (options_.cache) {
      return decoder_.decode(options_.cache->bytes(image), false, &pixels_, problem);
    }
    return decoder_.decode(options_.root + file_.images[image], false, &pixels_, problem);
  }

  float mean(int channel, int row, int column) const {
    if (!transform_.mean.empty()) {
      const int offset = mean_offset(transform_, options_.crop.crop_size);
      const int line = channel * transform_.mean_shape.height + row + offset;
      const auto at = static_cast<size_t>(line) * static_cast<size_t>(transform_.mean_shape.width);
      return transform_.mean[at + static_cast<size_t>(column + offset)];
    }
    const std::vector<float>& values = transform_.mean_values;
    if (values.empty()) return 0;
    return values[values.size() == 1 ? 0 : static_cast<size_t>(channel)];
  }

  void write_plane(int channel, float* numbers) const {
    const int side = options_.crop.crop_size;
    for (int y = 0; y < scaled_.rows; ++y) {
      const uint8_t* in = scaled_.ptr(y) + channel;
      const int row = y + crop_.row;
      float* out = numbers + static_cast<size_t>(channel * side + row) * static_cast<size_t>(side);
      for (int x = 0; x < scaled_.cols; ++x, in += kImageChannels) {
        const int column = x + crop_.column;
        out[column] = (static_cast<float>(*in) - mean(channel, row, column)) * transform_.scale;
      }
    }
  }

  const WindowFile& file_;
  const WindowOptions& options_;
  const TransformOptions& transform_;
  FileDecoder decoder_;
  cv::Mat pixels_;
  cv::Mat scaled_;
  WindowCrop crop_;
};

}  // namespace

WindowRows::WindowRows(std::shared_ptr<const WindowFile> file, WindowOptions options,
                       const BatchOptions& batches)
    : file_(std::move(file)),
      options_(std::move(options)),
      transform_(batches.transform),
      batch_size_(batches.batch_size),
      row_(batches.taken % batches.batch_size),
      random_(batches.seed) {
  require_floats(batches);
  check(transform_, options_);
  part();
  backgrounds_ = batch_size_ - static_cast<size_t>(static_cast<float>(batch_size_) *
                                                   options_.foreground_fraction);
  random_.discard(batches.taken * (transform_.mirror ? 2 : 1));
}

// Windows between the thresholds are left out.
void WindowRows::part() {
  for (size_t i = 0; i < file_->windows.size(); ++i) {
    const Window& window = file_->windows[i];
    const auto position = static_cast<uint32_t>(i);
    if (window.overlap >= options_.foreground_threshold) {
      if (window.label < 1) {
        throw Error(ErrorKind::kList,
                    file_->source + ": line " + std::to_string(window.line) + ": the class is " +
                        std::to_string(window.label) +
                        ", and with an overlap of fg_threshold or more it has to be 1 or more",
                    file_->source, window.line);
      }
      foreground_.push_back(position);
    } else if (window.overlap < options_.background_threshold) {
      background_.push_back(position);
    }
  }
  if (!foreground_.empty() && !background_.empty()) return;
  throw Error(ErrorKind::kList,
              file_->source + ": no window has an overlap " +
                  (foreground_.empty() ? "of fg_threshold or more" : "below bg_threshold") +
                  "; Caffe wants both kinds, whatever fg_fraction is",
              file_->source);
}

Row WindowRows::next() {
  const std::vector<uint32_t>& windows = row_ < backgrounds_ ? background_ : foreground_;
  Row row;
  row.position = windows[static_cast<uint32_t>(random_()) % windows.size()];
  if (transform_.mirror) row.draws.mirror = static_cast<uint32_t>(random_());
  row_ = (row_ + 1) % batch_size_;
  return row;
}

std::unique_ptr<RowMaker> WindowRows::maker() const {
  return std::make_unique<WindowMaker>(file_.get(), &options_, &transform_);
}

Error WindowRows::error(size_t position, const std::string& problem) const {
  const Window& window = file_->windows[position];
  const std::string path = options_.root + file_->images[window.image];
  return Error(ErrorKind::kImage,
               file_->source + ": line " + std::to_string(window.line) + ", a window of " +
                   in_quotes(path) + ": " + problem,
               path, window.line);
}

}  // namespace caffe_multilabel
