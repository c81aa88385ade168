// The records of a database as rows of batches.
#pragma once

#include <memory>
#include <random>
#include <string>

#include "read/row_source.h"
#include "store/value_source.h"

namespace caffe_multilabel {

// What a Data layer reads: records, taken apart and transformed as BatchOptions say.
class RecordRows : public RowSource {
 public:
  RecordRows(ValueSource records, const BatchOptions& options);

  const std::string& path() const override { return records_.directory(); }
  size_t size() const override { return records_.size(); }
  Row next() override;
  std::unique_ptr<RowMaker> maker() const override;
  Error error(size_t position, const std::string& problem) const override;

 private:
  const BatchOptions options_;
  const Transformer transformer_;
  ValueSource records_;
  size_t next_;          // in the source
  std::mt19937 random_;  // as in Caffe's DataTransformer
};

}  // namespace caffe_multilabel
