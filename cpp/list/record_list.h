// The parsed list: paths and label vectors, packed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/digest.h"

namespace caffe_multilabel {

// Records in list order, each a path and `label_count` float32 labels. One arena for the paths and
// one array for the labels: about 12 bytes a record besides its path and labels.
class RecordList {
 public:
  explicit RecordList(size_t label_count) : label_count_(label_count) {}

  // Appends a record; `labels` has label_count() values. `line` is its 1-based line in the list
  // file, or its 1-based position where there is no file.
  void add(std::string_view path, const float* labels, uint32_t line);

  size_t size() const { return lines_.size(); }
  size_t label_count() const { return label_count_; }
  std::string_view path(size_t record) const;
  const float* labels(size_t record) const { return labels_.data() + record * label_count_; }
  uint32_t line(size_t record) const { return lines_[record]; }

  // Depends on the paths, the labels and their order only, not on the file's format.
  Digest digest() const;

  // How many records have the path of an earlier one.
  size_t repeated_paths() const;

  // How many records have one number that may be a row of bits, as 10101: all of them, where each
  // has one label with no digit but 0 and 1, and the longest has four of them. Else 0.
  size_t rows_of_bits() const;

 private:
  size_t label_count_;
  std::string arena_;
  std::vector<uint64_t> ends_;  // of each path in the arena
  std::vector<float> labels_;
  std::vector<uint32_t> lines_;
};

// The order in which `count` records are converted: as they are, or shuffled by Fisher-Yates with
// std::mt19937_64 and rejection sampling, so that a seed gives the same order on every machine.
std::vector<uint32_t> record_order(size_t count, bool shuffle, uint64_t seed);

}  // namespace caffe_multilabel
