#include "read/stored_values.h"

#include <algorithm>

#include "base/text.h"

namespace caffe_multilabel {

void StoredValues::copy_to(uint8_t* planes) const {
  if (const auto* pixels = std::get_if<cv::Mat>(&numbers)) {
    to_planes(*pixels, planes);
  } else {
    std::copy_n(std::get<const uint8_t*>(numbers), shape.size(), planes);
  }
}

void StoredValues::copy_to(float* planes) const {
  if (const auto* floats = std::get_if<const float*>(&numbers)) {
    std::copy_n(*floats, shape.size(), planes);
  } else if (const auto* bytes = std::get_if<const uint8_t*>(&numbers)) {
    std::copy_n(*bytes, shape.size(), planes);
  } else {
    std::vector<uint8_t> pixels(shape.size());
    copy_to(pixels.data());
    std::copy(pixels.begin(), pixels.end(), planes);
  }
}

bool has_its_shape(const DatumView& datum, std::string* problem) {
  const Shape& shape = datum.shape;
  if (!shape.is_usable()) {
    *problem = "its shape is " + to_string(shape);
    return false;
  }
  if (datum.value_count() == shape.size()) return true;
  *problem = "it holds " + counted(datum.value_count(), "value") + ", its shape " +
             to_string(shape) + " wants " + std::to_string(shape.size());
  return false;
}

bool ValueParser::parse(std::string_view value, StoredValues* values, std::string* problem) {
  if (!parse_datum(value, &datum_, problem)) {
    *problem = "it " + *problem;
    return false;
  }
  if (datum_.encoded) return decode(values, problem);
  if (!has_its_shape(datum_, problem)) return false;
  values->shape = datum_.shape;
  if (datum_.data.empty()) {
    values->numbers = datum_.float_data.data();
  } else {
    values->numbers = reinterpret_cast<const uint8_t*>(datum_.data.data());
  }
  return true;
}

bool ValueParser::decode(StoredValues* values, std::string* problem) {
  const auto* bytes = reinterpret_cast<const uint8_t*>(datum_.data.data());
  const size_t size = datum_.data.size();
  if (!decoder_.decode_as(decoding_, bytes, size, &pixels_, problem)) {
    *problem = "its encoded image cannot be used: " + *problem;
    return false;
  }
  values->shape = shape_of(pixels_);
  values->numbers = pixels_;
  return true;
}

}  // namespace caffe_multilabel
