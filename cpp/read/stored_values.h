// The numbers in one record, as Caffe's Data layer gets them.
#pragma once

#include <opencv2/core/mat.hpp>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "image/decode.h"
#include "record/datum.h"

namespace caffe_multilabel {

// Channels x height x width numbers: planes of bytes or floats as they stand in the Datum, or the
// interleaved pixels of a decoded image.
struct StoredValues {
  Shape shape;
  std::variant<const uint8_t*, const float*, cv::Mat> numbers;

  // Whether they are floats, and not bytes.
  bool are_floats() const { return std::holds_alternative<const float*>(numbers); }
  // Writes all of them as planes.
  void copy_to(float* planes) const;
  // The same for bytes.
  void copy_to(uint8_t* planes) const;
};

// Whether the shape that a Datum tells, which is not encoded, is one that Caffe can use and that of
// its values. False with `*problem` when not.
bool has_its_shape(const DatumView& datum, std::string* problem);

// Takes records apart; one object a thread, whose buffers are reused.
class ValueParser {
 public:
  explicit ValueParser(Decoding decoding = Decoding::kStored) : decoding_(decoding) {}

  // False with `*problem` when Caffe could not use the record. What `*values` points to is valid
  // until the next call, and as long as `value` is.
  bool parse(std::string_view value, StoredValues* values, std::string* problem);

  // Of the last record: its Datum and, if that is encoded, its pixels.
  const DatumView& datum() const { return datum_; }
  const cv::Mat& pixels() const { return pixels_; }

 private:
  bool decode(StoredValues* values, std::string* problem);

  Decoding decoding_;
  ImageDecoder decoder_;
  DatumView datum_;
  cv::Mat pixels_;
};

}  // namespace caffe_multilabel
