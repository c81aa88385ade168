// Databases of records made for a test.
#pragma once

#include <string>
#include <vector>

#include "record/datum.h"
#include "tests/support.h"

namespace caffe_multilabel {

// A database in a new folder of `directory`, with keys in the order of `values`; gives its path.
std::string write_records(const TemporaryDirectory& directory, std::string_view name,
                          const std::vector<std::string>& values);

// A raw image record: bytes counted up from `first`.
std::string raw_record(const Shape& shape, int first);
std::string encoded_record(std::string_view file);
std::string label_record(const std::vector<float>& labels);

}  // namespace caffe_multilabel
