// The list of an ImageData layer: a file and an integer label a line.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "record/digest.h"

namespace caffe_multilabel {

// What a list names, in its order: line n + 1 has number n.
struct LabelledFiles {
  std::string source;  // the path of the list
  std::vector<std::string> paths;
  std::vector<int32_t> labels;
  Digest digest{};  // of the lines, in their order

  size_t size() const { return paths.size(); }
};

// Reads a list as Caffe does: what stands behind the last blank of a line is the label, all before
// it the path, which may hold blanks. Where Caffe makes a 0 of a label, an integer with something
// behind it or a line without a label, it throws Error(kList) with the line; likewise for a list
// that cannot be read or has no line.
LabelledFiles read_labelled_files(const std::string& path);

}  // namespace caffe_multilabel
