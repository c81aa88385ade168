#include "jobs/record_check.h"

#include "base/text.h"

namespace caffe_multilabel {

std::optional<std::string> RecordChecker::check_image(std::string_view value, Shape* shape) {
  StoredValues values;
  std::string problem;
  if (!images_.parse(value, &values, &problem)) return problem;
  *shape = values.shape;
  return std::nullopt;
}

std::optional<std::string> RecordChecker::check_label(std::string_view value,
                                                      const std::vector<LabelRule>& rules,
                                                      Shape* shape, std::vector<float>* values) {
  std::string problem;
  if (!parse_datum(value, &label_, &problem)) return "it " + problem;
  *shape = label_.shape;
  if (!has_its_shape(label_, &problem)) return problem;
  *values = label_.values();
  if (values->size() < rules.size()) {
    return "has " + counted(values->size(), "label") + ", the tasks want " +
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
