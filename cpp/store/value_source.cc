#include "store/value_source.h"

#include <algorithm>
#include <utility>

namespace caffe_multilabel {

ValueSource::ValueSource(std::shared_ptr<RecordIndex> index, RecordOrder order)
    : index_(std::move(index)),
      order_(std::move(order)),
      size_(order_ ? order_->size() : index_->size()) {}

bool ValueSource::next_chunk(size_t most, ValueChunk* chunk) {
  chunk->first = next_;
  chunk->values.clear();
  const size_t end = std::min(size_, next_ + most);
  if (next_ == end) return false;
  index_->value(position(end - 1));  // so that records in a row are found in one go
  while (next_ < end) chunk->values.push_back(next());
  return true;
}

}  // namespace caffe_multilabel
