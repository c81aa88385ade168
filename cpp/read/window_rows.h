// The windows of a window file as rows of batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "list/window_file.h"
#include "read/image_cache.h"
#include "read/row_source.h"
#include "read/window_crop.h"

namespace caffe_multilabel {

// Caffe's window_data_param.
struct WindowOptions {
  std::string root;  // put before each path, with nothing between
  float foreground_threshold = 0.5F;
  float background_threshold = 0.5F;
  float foreground_fraction = 0.25F;
  std::shared_ptr<const ImageCache> cache;  // of the file and the root, or none: files are read
  WindowCropOptions crop;
};

// What a WindowData layer reads: of each batch first windows of the background, then some that hold
// an object, drawn with replacement. Of BatchOptions::transform mirror, mean and scale count.
class WindowRows : public RowSource {
 public:
  // Throws Error(kOption) for options that Caffe reads beyond its memory with, and for another
  // output than kTransformed; Error(kList) for a file without windows of either kind.
  WindowRows(std::shared_ptr<const WindowFile> file, WindowOptions options,
             const BatchOptions& batches);

  const std::string& path() const override { return file_->source; }
  size_t size() const override { return file_->windows.size(); }
  Row next() override;
  std::unique_ptr<RowMaker> maker() const override;
  Error error(size_t position, const std::string& problem) const override;

 private:
  void part();

  const std::shared_ptr<const WindowFile> file_;
  const WindowOptions options_;
  const TransformOptions transform_;
  const size_t batch_size_;
  std::vector<uint32_t> foreground_;  // windows of the file
  std::vector<uint32_t> background_;
  size_t backgrounds_;   // in a batch
  size_t row_;           // of its batch
  std::mt19937 random_;  // as in Caffe's prefetch_rng_
};

}  // namespace caffe_multilabel
