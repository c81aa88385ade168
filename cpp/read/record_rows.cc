#include "read/record_rows.h"

#include <algorithm>
#include <cstdint>
#include <utility>
#include <vector>

#include "read/label_array.h"
#include "read/stored_values.h"
#include "store/record_index.h"

namespace caffe_multilabel {
namespace {

class RecordMaker : public RowMaker {
 public:
  RecordMaker(const BatchOptions* options, const Transformer* transformer)
      : options_(*options), transformer_(*transformer), parser_(options->decoding) {}

  bool read(const Row& row, Shape* shape, std::string* problem) override {
    if (!parser_.parse(row.value, &values_, problem)) return false;
    if (options_.output == BatchOutput::kLabels) {
      *shape = {static_cast<int>(options_.label_count), 1, 1};
      return has_label_count(values_, options_.label_count, problem);
    }
    if (!transformer_.output_shape(values_.shape, shape, problem)) return false;
    if (options_.output == BatchOutput::kTransformed) return true;
    *shape = values_.shape;
    if (values_.are_floats()) *problem = "it holds floats, and bytes are wanted";
    return !values_.are_floats();
  }

  void write(const Row& row, size_t at, Batch* batch) override {
    const size_t first = at * batch->shape.size();
    batch->datum_labels[at] = parser_.datum().label;
    switch (options_.output) {
      case BatchOutput::kTransformed:
        transformer_.transform(values_, row.draws, &scratch_, batch->floats() + first);
        break;
      case BatchOutput::kStored:
        values_.copy_to(batch->bytes() + first);
        break;
      case BatchOutput::kLabels:
        return values_.copy_to(batch->floats() + first);
    }
    batch->crops[at] = transformer_.crop(values_.shape, row.draws);
  }

 private:
  const BatchOptions& options_;
  const Transformer& transformer_;
  ValueParser parser_;
  StoredValues values_;
  std::vector<uint8_t> scratch_;
};

}  // namespace

RecordRows::RecordRows(ValueSource records, const BatchOptions& options)
    : options_(options),
      transformer_(options.transform),
      records_(std::move(records)),
      next_(options.taken % std::max<size_t>(1, records_.size())),
      random_(options.seed) {
  random_.discard(options.taken * transformer_.draw_count());
}

Row RecordRows::next() {
  if (next_ == records_.size()) next_ = 0;
  Row row;
  row.position = records_.position(next_);
  row.draws = transformer_.draw(&random_);
  row.value = records_.value(next_);
  ++next_;
  return row;
}

std::unique_ptr<RowMaker> RecordRows::maker() const {
  return std::make_unique<RecordMaker>(&options_, &transformer_);
}

Error RecordRows::error(size_t position, const std::string& problem) const {
  return record_error(records_.directory(), position, problem);
}

}  // namespace caffe_multilabel
