// Hands out the values of a database one after another, in its own order or in another one.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "store/record_index.h"

namespace caffe_multilabel {

// Positions of records; none at all stands for every record in its place.
using RecordOrder = std::shared_ptr<const std::vector<uint32_t>>;

// Some values in a row.
struct ValueChunk {
  size_t first = 0;  // how many came before
  std::vector<std::string_view> values;
};

// Views stay valid as long as the index lives. Not for use by two threads at once.
class ValueSource {
 public:
  explicit ValueSource(std::shared_ptr<RecordIndex> index, RecordOrder order = nullptr);

  size_t size() const { return size_; }
  const std::string& directory() const { return index_->directory(); }
  // Where in the database the value number `number` comes from.
  size_t position(size_t number) const { return order_ ? (*order_)[number] : number; }

  // The value number `number` < size().
  std::string_view value(size_t number) const { return index_->value(position(number)); }

  // The next value; may be called size() times.
  std::string_view next() { return value(next_++); }
  // The next values, `most` or what is left; false when nothing is.
  bool next_chunk(size_t most, ValueChunk* chunk);

 private:
  std::shared_ptr<RecordIndex> index_;
  RecordOrder order_;
  size_t size_;
  size_t next_ = 0;
};

}  // namespace caffe_multilabel
