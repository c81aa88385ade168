#include "read/pair_stream.h"

#include <utility>

namespace caffe_multilabel {

PairStream::PairStream(std::shared_ptr<BatchStream> images, std::shared_ptr<BatchStream> labels)
    : images_(std::move(images)), labels_(std::move(labels)) {}

// Both streams are waited for before anything is taken from either: a tick that throws, as one does
// on Ctrl-C, leaves them in step.
std::optional<PairBatch> PairStream::next(const BatchStream::Tick& tick) {
  for (;;) {
    images_->wait(tick);
    labels_->wait(tick);
    const std::lock_guard<std::mutex> lock(taking_);
    const std::optional<size_t> bad_image = images_->peek();
    const std::optional<size_t> bad_label = labels_->peek();
    if (!bad_image || !bad_label) continue;  // another thread was faster
    try {
      if (*bad_label < *bad_image) labels_->next(tick);  // throws
      std::optional<Batch> images = images_->next(tick);
      std::optional<Batch> labels = labels_->next(tick);
      if (!images || !labels) return std::nullopt;
      return PairBatch{std::move(*images), std::move(*labels)};
    } catch (...) {
      close();
      throw;
    }
  }
}

void PairStream::close() {
  images_->close();
  labels_->close();
}

}  // namespace caffe_multilabel
