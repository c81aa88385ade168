// Is one record what Caffe can use? Whoever wrote it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/shape.h"
#include "list/rule.h"
#include "read/stored_values.h"
#include "record/datum.h"

namespace caffe_multilabel {

// The checks of one thread, with its buffers. Each gives the problem, or nothing.
class RecordChecker {
 public:
  // An image Datum: sizes agree with its data, or its encoded bytes decode. `*shape` is what Caffe
  // will see.
  std::optional<std::string> check_image(std::string_view value, Shape* shape);

  // A label Datum: shape and values agree, all values are finite and follow `rules`, where there
  // are any. `*values` are the labels.
  std::optional<std::string> check_label(std::string_view value,
                                         const std::vector<LabelRule>& rules, Shape* shape,
                                         std::vector<float>* values);

  // Of the last check_image(): the Datum and, if it is encoded, its pixels.
  const DatumView& image() const { return images_.datum(); }
  const cv::Mat& pixels() const { return images_.pixels(); }

 private:
  ValueParser images_;
  DatumView label_;
};

}  // namespace caffe_multilabel
