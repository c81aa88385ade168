#include "jobs/record_check.h"

#include <cmath>

namespace caffe_multilabel {
namespace {

std::optional<std::string> check_shape(const DatumView& datum) {
  const Shape& shape = datum.shape;
  if (!shape.is_usable()) return "its shape is " + to_string(shape);
  if (datum.value_count() != shape.size()) {
    return "holds " + std::to_string(datum.value_count()) + " values, its shape " +
           to_string(shape) + " wants " + std::to_string(shape.size());
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> RecordChecker::check_image(std::string_view value, Shape* shape) {
  std::string problem;
  if (!parse_datum(value, &image_, &problem)) return problem;
  if (!image_.encoded) {
    *shape = image_.shape;
    return check_shape(image_);
  }
  const auto* bytes = reinterpret_cast<const uint8_t*>(image_.data.data());
  if (!decoder_.decode_stored(bytes, image_.data.size(), &pixels_, &problem)) {
    return "its encoded image cannot be used: " + problem;
  }
  *shape = shape_of(pixels_);
  return std::nullopt;
}

std::optional<std::string> RecordChecker::check_label(std::string_view value,
                                                      const std::vector<LabelRule>& rules,
                                                      Shape* shape, std::vector<float>* values) {
  std::string problem;
  if (!parse_datum(value, &label_, &problem)) return problem;
  *shape = label_.shape;
  if (const auto bad_shape = check_shape(label_)) return bad_shape;
  *values = label_.values();
  if (values->size() < rules.size()) {
    return "has " + std::to_string(values->size()) + " labels, the tasks want " +
           std::to_string(rules.size());
  }
  static const LabelRule any;
  for (size_t column = 0; column < values->size(); ++column) {
    const LabelRule& rule = column < rules.size() ? rules[column] : any;
    if (!rule.allows((*values)[column], &problem)) {
      return "label " + std::to_string(column + 1) + ": " + problem;
    }
  }
  return std::nullopt;
}

}  // namespace caffe_multilabel
