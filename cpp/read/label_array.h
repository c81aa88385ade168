// Labels as arrays: those of one record, and all of a label DB.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "read/stored_values.h"
#include "store/value_source.h"

namespace caffe_multilabel {

// Whether there are so many labels in one record; false with `*problem` when not. `label_count` is
// the first record's.
bool has_label_count(const StoredValues& values, size_t label_count, std::string* problem);

// Writes the labels of one record. False with `*problem` when it is no label record or has another
// number of them.
bool read_label_record(std::string_view value, size_t label_count, ValueParser* parser,
                       float* labels, std::string* problem);

// A record that holds another number of values than the first one.
struct OddRecord {
  size_t position;
  size_t values;
};

// Writes the values of each record as they stand in its Datum, `value_count` floats a record, for
// whoever looks for faults: the shape that the Datum tells of is not looked at, and of an encoded
// image the values are its bytes. Ends at the first record with another number of values and
// gives it; there are rows of those before it. Without `rows` only the numbers are compared. Calls
// `tick` about ten times a second. Throws Error for the first record that is no Datum.
std::optional<OddRecord> read_stored_values(ValueSource source, size_t value_count, size_t threads,
                                            float* rows, const std::function<void()>& tick);

// A record that tells of another shape than the first one.
struct OddShape {
  size_t position;
  Shape shape;
};

// Finds the first such record, at which Caffe's Data layer stops whatever it holds. Encoded ones
// tell of none. Calls `tick` about ten times a second. Throws Error for a record that is no Datum.
std::optional<OddShape> find_odd_shape(ValueSource source, const Shape& first, size_t threads,
                                       const std::function<void()>& tick);

// Writes size() x label_count floats. Calls `tick` about ten times a second. Throws Error for the
// first record that cannot be used.
void read_labels(ValueSource source, size_t label_count, size_t threads, float* labels,
                 const std::function<void()>& tick);

}  // namespace caffe_multilabel
