// Caffe's Datum message on the wire, written and read without libprotobuf.
//
// Fields: channels 1, height 2, width 3 (int32), data 4 (bytes), label 5 (int32), float_data 6
// (repeated float, not packed), encoded 7 (bool). Written in number order, as Caffe does.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/shape.h"

namespace caffe_multilabel {

// Builds an image Datum in one buffer that is reused for record after record. The caller fills
// the data in place, so that pixels are written once.
class ImageDatum {
 public:
  // Room for `shape.size()` bytes of pixels, channel by channel, each row by row.
  uint8_t* begin_raw(const Shape& shape);
  // Room for `size` bytes of an encoded image. Asked again for more, it keeps what was filled in.
  uint8_t* begin_encoded(size_t size);
  // Ends the message. The view is valid until the next `begin_*` or `release_if_above`.
  std::string_view finish(int32_t label);

  // Gives the memory back when the buffer has grown beyond `bytes`.
  void release_if_above(size_t bytes);

 private:
  uint8_t* begin(const Shape* shape, size_t size);

  std::vector<uint8_t> buffer_;  // [unused][fields before the data][data][fields after it]
  size_t message_begin_ = 0;
  size_t data_end_ = 0;
  bool encoded_ = false;
};

// The value of a label record: shape and float_data, and before them the record's number, where it
// is to have one.
void write_label_datum(const Shape& shape, const float* labels, std::optional<int32_t> number,
                       std::string* value);

// A Datum taken apart. `data` points into the parsed bytes.
struct DatumView {
  Shape shape;
  std::string_view data;
  int32_t label = 0;
  bool encoded = false;
  std::vector<float> float_data;

  // The values as Caffe's DataTransformer takes them: `data` as uint8 when there is any, else
  // float_data.
  size_t value_count() const { return data.empty() ? float_data.size() : data.size(); }
  std::vector<float> values() const;
  // The same into room for value_count() of them.
  void copy_values(float* to) const;
};

// Reads any valid Datum, packed float_data and unknown fields included. False with `*problem`
// when the bytes are no Datum. Reuse `*datum` for many records.
bool parse_datum(std::string_view value, DatumView* datum, std::string* problem);

}  // namespace caffe_multilabel
