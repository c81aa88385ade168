// What batches are made of and by which rules.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "base/shape.h"
#include "image/decode.h"
#include "read/transform.h"

namespace caffe_multilabel {

// What a record becomes in a batch.
enum class BatchOutput {
  kTransformed,  // floats: what the transformer makes of it
  kStored,       // bytes: the whole image as it is stored, or decoded; to be cropped as Batch says
  kLabels,       // floats: its values, label_count of them, whatever their shape is
};

struct BatchOptions {
  size_t batch_size = 1;
  bool drop_last = false;     // leave out a last batch of fewer records
  bool endless = false;       // after the last record comes the first, in the same batch
  size_t threads = 1;         // at work at once; none: whoever waits does it, without a tick
  size_t shared_threads = 0;  // of this process, which all such streams share; none: it has its own
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
  std::vector<int32_t> datum_labels;  // Datum.label of each record, or that of a list
  std::vector<uint32_t> positions;    // of each record in its source

  float* floats() const { return static_cast<float*>(numbers.get()); }
  uint8_t* bytes() const { return static_cast<uint8_t*>(numbers.get()); }
};

}  // namespace caffe_multilabel
