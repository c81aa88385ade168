// The parsed list: paths and label vectors, packed.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "record/digest.h"

namespace caffe_multilabel {

// More would be no list of images, but one whose columns were counted wrongly.
inline constexpr size_t kMaxImagesPerRecord = 1000;

// Records in list order, each the paths of its images and `label_count` float32 labels. One arena
// for the paths and one array for the labels: about 12 bytes a record of one image besides its path
// and labels, and 8 more for each further image.
class RecordList {
 public:
  explicit RecordList(size_t label_count, size_t images_per_record = 1);

  // Appends a record; `paths` are images_per_record(), `labels` label_count() values. `line` is its
  // 1-based line in the list file, or its 1-based position where there is no file.
  void add(const std::string_view* paths, const float* labels, uint32_t line);
  // The same for records of one image.
  void add(std::string_view path, const float* labels, uint32_t line) { add(&path, labels, line); }

  size_t size() const { return lines_.size(); }
  size_t label_count() const { return label_count_; }
  size_t images_per_record() const { return images_per_record_; }
  // Of an image of a record; the first one's is in the record's keys.
  std::string_view path(size_t record, size_t image = 0) const;
  const float* labels(size_t record) const { return labels_.data() + record * label_count_; }
  uint32_t line(size_t record) const { return lines_[record]; }

  // Depends on the paths, the labels and their order only, not on the file's format.
  Digest digest() const;

  // The same of the paths alone, of the first `records`.
  Digest path_digest(size_t records) const;

  // How many records have the path of an earlier one; of several images all their paths, in their
  // order.
  size_t repeated_paths() const;

  // How many records have one number that may be a row of bits, as 10101: all of them, where each
  // has one label with no digit but 0 and 1, and the longest has four of them. Else 0.
  size_t rows_of_bits() const;

 private:
  // All paths of a record, with zero bytes between them, which no path holds.
  std::string_view paths(size_t record) const;

  size_t label_count_;
  size_t images_per_record_;
  std::string arena_;           // of the paths, with those zero bytes
  std::vector<uint64_t> ends_;  // of each path in the arena, record by record
  std::vector<float> labels_;
  std::vector<uint32_t> lines_;
};

// The order in which `count` records are converted: as they are, or shuffled by Fisher-Yates with
// std::mt19937_64 and rejection sampling, so that a seed gives the same order on every machine.
std::vector<uint32_t> record_order(size_t count, bool shuffle, uint64_t seed);

}  // namespace caffe_multilabel
