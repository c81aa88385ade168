#include "value_source.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "error.h"

namespace caffe_multilabel {

ValueSource::ValueSource(const std::string& directory)
    : directory_(directory),
      reader_(std::make_unique<LmdbReader>(directory)),
      size_(reader_->entries()) {}

ValueSource::ValueSource(std::shared_ptr<RecordIndex> index, RecordOrder order)
    : directory_(index->directory()),
      index_(std::move(index)),
      order_(std::move(order)),
      size_(order_->size()) {}

std::string_view ValueSource::next() {
  const size_t number = next_++;
  if (index_) return index_->value((*order_)[number]);
  const std::optional<LmdbRecord> record = reader_->next();
  if (record) return record->value;
  throw Error(ErrorKind::kDatabase,
              directory_ + ": is damaged, it claims " + std::to_string(size_) +
                  " records and ends after " + std::to_string(number),
              directory_);
}

bool ValueSource::next_chunk(size_t most, ValueChunk* chunk) {
  chunk->first = next_;
  chunk->values.clear();
  const size_t end = std::min(size_, next_ + most);
  while (next_ < end) chunk->values.push_back(next());
  return !chunk->values.empty();
}

}  // namespace caffe_multilabel
