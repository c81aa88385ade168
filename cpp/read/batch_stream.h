// Batches of one source as a data layer makes them, ahead of whoever takes them.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <optional>

#include "base/process.h"
#include "read/batch.h"
#include "read/row_source.h"
#include "store/value_source.h"

namespace caffe_multilabel {

// Once over the rows of a source, or over and over. Threads, its own or those of the process, work
// from the construction to the end and keep a few batches ready; what is in them does not depend on
// the number of threads. For use by any threads, but in the process that made it.
class BatchStream {
 public:
  using Tick = std::function<void()>;

  // No record of the next batch is bad.
  static constexpr size_t kNoRow = SIZE_MAX;

  // Of the options only those that say how many rows come when, and `output`, are looked at.
  // Throws Error(kDatabase) when an endless source has no rows.
  BatchStream(std::unique_ptr<RowSource> source, const BatchOptions& options);
  // Of records, which all options go for.
  BatchStream(ValueSource records, const BatchOptions& options);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  BatchOutput output() const { return output_; }

  // The next batch; nothing after the last. Calls `tick` about ten times a second while it waits;
  // what it throws takes no batch away. Throws Error for the first record of the batch that cannot
  // be used, and is at its end then.
  std::optional<Batch> next(const Tick& tick);

  // Waits until next() will not.
  void wait(const Tick& tick);

  // Nothing while next() would wait; else the row of the record that it will throw for, or kNoRow.
  std::optional<size_t> peek();

  // Stops the work of the threads, finished or not. There is no next batch then.
  void close();

 private:
  class Work;

  Work& work() const;

  OwnerProcess owner_;
  const BatchOutput output_;
  std::unique_ptr<Work> work_;
};

}  // namespace caffe_multilabel
