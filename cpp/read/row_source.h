// Where a stream's batches come from: rows in their order, and what makes numbers of them.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/shape.h"
#include "read/batch.h"
#include "read/transform.h"

namespace caffe_multilabel {

// One row on its way into a batch.
struct Row {
  size_t position = 0;       // of its record in the source
  std::string_view value;    // of a record in a database
  Transformer::Draws draws;  // what chance says of it
};

// Makes rows; what a worker keeps between them. One object a thread.
class RowMaker {
 public:
  RowMaker() = default;
  virtual ~RowMaker() = default;
  RowMaker(const RowMaker&) = delete;
  RowMaker& operator=(const RowMaker&) = delete;

  // Reads what a row is made of. False with `*problem` when it cannot be used; else `*shape` is
  // what it will be in the batch.
  virtual bool read(const Row& row, Shape* shape, std::string* problem) = 0;

  // Writes the row that was read last as number `at` of a batch, which has its shape.
  virtual void write(const Row& row, size_t at, Batch* batch) = 0;
};

// One kind of source: the records of a database, the files of a list, the windows of images. Its
// random numbers are drawn in next(), so that they do not depend on threads.
class RowSource {
 public:
  RowSource() = default;
  virtual ~RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;

  // What it reads, for messages.
  virtual const std::string& path() const = 0;
  // How many rows go by before one comes again.
  virtual size_t size() const = 0;
  // The next row, over and over; for one thread at a time. Throws what is wrong with the source.
  virtual Row next() = 0;
  // For use as long as the source lives.
  virtual std::unique_ptr<RowMaker> maker() const = 0;
  // What to throw for a row that cannot be used, which it names.
  virtual Error error(size_t position, const std::string& problem) const = 0;
};

// For sources whose makers write floats whatever is asked for. Throws Error(kOption).
inline void require_floats(const BatchOptions& options) {
  if (options.output == BatchOutput::kTransformed) return;
  throw Error(ErrorKind::kOption, "of image files there are transformed batches only");
}

}  // namespace caffe_multilabel
