// The image files of a list as rows of batches.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "list/labelled_files.h"
#include "random/caffe_random.h"
#include "read/row_source.h"

namespace caffe_multilabel {

// Caffe's image_data_param; `decoding` of BatchOptions says is_color.
struct FileOptions {
  std::string root;  // put before each path, with nothing between
  int height = 0;    // the size that images are scaled to, or none
  int width = 0;
  uint64_t skip = 0;                // lines before the first row
  std::optional<uint32_t> shuffle;  // the seed of their order, which is another one each time round
};

// What an ImageData layer reads, with the label of each line.
class FileRows : public RowSource {
 public:
  // Throws Error(kOption) for another output than kTransformed.
  FileRows(std::shared_ptr<const LabelledFiles> files, FileOptions options,
           const BatchOptions& batches);

  const std::string& path() const override { return files_->source; }
  size_t size() const override { return order_.size(); }
  Row next() override;
  std::unique_ptr<RowMaker> maker() const override;
  Error error(size_t position, const std::string& problem) const override;

  // Channels, height and width of the image that is next, before it is cropped. Throws Error.
  Shape next_shape() const;

 private:
  const std::shared_ptr<const LabelledFiles> files_;
  const FileOptions options_;
  const bool gray_;
  const Transformer transformer_;
  std::mt19937 random_;                 // as in Caffe's DataTransformer
  std::optional<CaffeRandom> shuffle_;  // as in Caffe's prefetch_rng_
  std::vector<uint32_t> order_;
  size_t next_;  // in the order
};

}  // namespace caffe_multilabel
