// Batches of pictures and labels as a Data layer makes them, ahead of whoever takes them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/process.h"
#include "read/stored_values.h"
#include "read/transform.h"
#include "record/datum.h"
#include "store/value_source.h"

namespace caffe_multilabel {

struct BatchOptions {
  size_t batch_size = 1;
  bool drop_last = false;  // leave out a last batch of fewer records
  size_t label_count = 0;  // of every record
  Decoding decoding = Decoding::kStored;
  TransformOptions transform;
  uint32_t seed = 0;  // of the transformer's mt19937
  size_t threads = 1;
};

struct Batch {
  size_t records = 0;
  Shape shape;                    // of one picture; its first picture decides, as in Caffe
  std::shared_ptr<float> images;  // records x channels x height x width
  std::vector<float> labels;      // records x label_count
};

// Once over the records of both sources. Threads run from the construction to the end and keep a
// few batches ready; what is in them does not depend on the number of threads. For use by any
// threads.
class BatchStream {
 public:
  // Both sources have the same size.
  BatchStream(ValueSource images, ValueSource labels, const BatchOptions& options);
  ~BatchStream();
  BatchStream(const BatchStream&) = delete;
  BatchStream& operator=(const BatchStream&) = delete;

  // The next batch; nothing after the last. Calls `tick` about ten times a second while it waits.
  // Throws Error for the first record of the batch that cannot be used, and is at its end then.
  std::optional<Batch> next(const std::function<void()>& tick);

  // Stops the threads, finished or not. There is no next batch then.
  void close();

 private:
  class Work;

  OwnerProcess owner_;
  std::unique_ptr<Work> work_;
};

}  // namespace caffe_multilabel
