// Batches of one database as a Data layer makes them, ahead of whoever takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/process.h"
#include "base/shape.h"
#include "read/stored_values.h"
#include "read/transform.h"
#include "store/value_source.h"

namespace caffe_multilabel {

// What a record becomes in a batch.
enum class BatchOutput {
  kTransformed,  // floats: what the transformer makes of it
  kStored,       // bytes: the whole image as it is stored, or decoded; to be cropped as Batch says
  kLabels,       // floats: its values, label_count of them, whatever their shape is
};

struct BatchOptions {
  size_t batch_size = 1;
  bool drop_last = false;  // leave out a last batch of fewer records
  bool endless = false;    // after the last record comes the first, in the same batch
  size_t threads = 1;      // none: whoever waits does the work, and there is no tick then
  BatchOutput output = BatchOutput::kTransformed;
  size_t label_count = 0;  // of every record; with kLabels, which takes none of those below
  Decoding decoding = Decoding::kStored;
  TransformOptions transform;  // with kStored only for its crops, and it must go with the images
  uint32_t seed = 0;           // of the transformer's mt19937
  uint64_t taken = 0;          // records that an endless stream of these options gave before
};

struct Batch {
  size_t records = 0;
  Shape shape;                    // of one record; the first one decides, as in Caffe
  std::shared_ptr<void> numbers;  // records x channels x height x width: floats, bytes with kStored
  std::vector<Crop> crops;        // of each record
  std::vector<int32_t> datum_labels;  // Datum.label of each record

  float* floats() const { return static_cast<float*>(numbers.get()); }
  uint8_t* bytes() const { return static_cast<uint8_t*>(numbers.get()); }
};

// Once over the records of a source, or over and over. Threads run from the construction to the end
// and keep a few batches ready; what is in them does not depend on the number of threads. For use
// by any threads, but in the process that made it.
class BatchStream {
 public:
  using Tick = std::function<void()>;

  // No record of the next batch is bad.
  static constexpr size_t kNoRow = SIZE_MAX;

  // Throws Error(kDatabase) when an endless source has no records.
  BatchStream(ValueSource source, const BatchOptions& options);
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

  // Stops the threads, finished or not. There is no next batch then.
  void close();

 private:
  class Work;

  Work& work() const;

  OwnerProcess owner_;
  const BatchOutput output_;
  std::unique_ptr<Work> work_;
};

}  // namespace caffe_multilabel
