#include "read/file_rows.h"

#include <numeric>
#include <opencv2/core.hpp>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/text.h"
#include "image/decode.h"
#include "image/file_decoder.h"
#include "read/stored_values.h"

namespace caffe_multilabel {
namespace {

class FileMaker : public RowMaker {
 public:
  FileMaker(const LabelledFiles* files, const FileOptions* options, bool gray,
            const Transformer* transformer)
      : files_(*files), options_(*options), gray_(gray), transformer_(*transformer) {}

  // The image before it is transformed.
  bool load(size_t position, std::string* problem) {
    cv::Mat pixels;
    if (!decoder_.decode(options_.root + files_.paths[position], gray_, &pixels, problem)) {
      return false;
    }
    if (options_.height > 0) {
      cv::Mat scaled;
      if (!scale(pixels, &scaled, problem)) return false;
      pixels = scaled;
    }
    values_.shape = shape_of(pixels);
    values_.numbers = pixels;
    if (!values_.shape.is_usable()) *problem = "has " + to_string(values_.shape) + " values";
    return values_.shape.is_usable();
  }

  const Shape& shape() const { return values_.shape; }

  bool read(const Row& row, Shape* shape, std::string* problem) override {
    return load(row.position, problem) && transformer_.output_shape(values_.shape, shape, problem);
  }

  void write(const Row& row, size_t at, Batch* batch) override {
    float* const numbers = batch->floats() + at * batch->shape.size();
    transformer_.transform(values_, row.draws, &scratch_, numbers);
    batch->datum_labels[at] = files_.labels[row.position];
    batch->crops[at] = transformer_.crop(values_.shape, row.draws);
  }

 private:
  bool scale(const cv::Mat& pixels, cv::Mat* scaled, std::string* problem) const {
    const Shape shape{pixels.channels(), options_.height, options_.width};
    if (!shape.is_usable()) {
      *problem = "new_height and new_width make it " + to_string(shape) + ", too large for a blob";
      return false;
    }
    try {
      resize(pixels, options_.width, options_.height, scaled);
    } catch (const cv::Exception& error) {  // mostly for want of memory
      *problem = "cannot be scaled to " + to_string(shape) + ": OpenCV: " + error.err;
      return false;
    }
    return true;
  }

  const LabelledFiles& files_;
  const FileOptions& options_;
  const bool gray_;
  const Transformer& transformer_;
  FileDecoder decoder_;
  StoredValues values_;
  std::vector<uint8_t> scratch_;
};

// What may have gone wrong with a path under which there is no file.
std::string hint(const std::string& root, const std::string& path) {
  if (path_exists(root + path)) return {};
  if (!root.empty() && root.back() != '/' && path_exists(join_path(root, path))) {
    return "; root_folder " + in_quotes(root) + " needs a / at its end, for Caffe adds none";
  }
  if (path.find(' ') == std::string::npos) return {};
  return "; all before the last blank of a line is the path, and one integer stands behind it";
}

}  // namespace

FileRows::FileRows(std::shared_ptr<const LabelledFiles> files, FileOptions options,
                   const BatchOptions& batches)
    : files_(std::move(files)),
      options_(std::move(options)),
      gray_(batches.decoding == Decoding::kGray),
      transformer_(batches.transform),
      random_(batches.seed),
      order_(files_->size()),
      next_((options_.skip + batches.taken) % files_->size()) {
  require_floats(batches);
  random_.discard(batches.taken * transformer_.draw_count());
  std::iota(order_.begin(), order_.end(), 0U);
  if (!options_.shuffle) return;
  shuffle_.emplace(*options_.shuffle);
  const uint64_t rounds = (options_.skip + batches.taken) / order_.size();
  for (uint64_t round = 0; round <= rounds; ++round)
    shuffle_->shuffle(order_.data(), order_.size());
}

Row FileRows::next() {
  Row row;
  row.position = order_[next_];
  row.draws = transformer_.draw(&random_);
  if (++next_ == order_.size()) {
    next_ = 0;
    if (shuffle_) shuffle_->shuffle(order_.data(), order_.size());
  }
  return row;
}

std::unique_ptr<RowMaker> FileRows::maker() const {
  return std::make_unique<FileMaker>(files_.get(), &options_, gray_, &transformer_);
}

Error FileRows::error(size_t position, const std::string& problem) const {
  const std::string& path = files_->paths[position];
  const auto line = static_cast<int64_t>(position + 1);
  return Error(ErrorKind::kImage,
               files_->source + ": line " + std::to_string(line) + ": " +
                   in_quotes(options_.root + path) + ": " + problem + hint(options_.root, path),
               options_.root + path, line);
}

Shape FileRows::next_shape() const {
  FileMaker maker(files_.get(), &options_, gray_, &transformer_);
  std::string problem;
  if (!maker.load(order_[next_], &problem)) throw error(order_[next_], problem);
  return maker.shape();
}

}  // namespace caffe_multilabel
