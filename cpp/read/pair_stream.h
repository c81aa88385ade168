// The batches of an image DB and of a label DB, side by side.
#pragma once

#include <memory>
#include <mutex>
#include <optional>

#include "read/batch_stream.h"

namespace caffe_multilabel {

struct PairBatch {
  Batch images;
  Batch labels;
};

// Two streams in step, over the same records in the same order; nobody else takes from them. For
// use by any threads: each batch of images comes with its labels.
class PairStream {
 public:
  PairStream(std::shared_ptr<BatchStream> images, std::shared_ptr<BatchStream> labels);

  // As BatchStream::next(). Of the records that cannot be used the first one is named, in the image
  // DB where both of its halves are bad.
  std::optional<PairBatch> next(const BatchStream::Tick& tick);

  // Closes both streams.
  void close();

 private:
  std::shared_ptr<BatchStream> images_;
  std::shared_ptr<BatchStream> labels_;
  std::mutex taking_;
};

}  // namespace caffe_multilabel
