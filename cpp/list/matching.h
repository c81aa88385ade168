// Finds the list line that a record came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "list/record_list.h"

namespace caffe_multilabel {

// Matches records to the lines of a list by path, or by position where no path is known. Each line
// is used once: a path that is listed twice, with different labels, needs two records.
class ListMatcher {
 public:
  explicit ListMatcher(const RecordList& list);

  // Takes the line of a record. Gives the problem when no unused line has this path and these
  // labels. Without a path it is the line at `position`, and none where that is empty too.
  std::optional<std::string> take(std::optional<std::string_view> path,
                                  std::optional<size_t> position, const std::vector<float>& labels);

  // Whether a line has this path; for use by any threads.
  bool holds(std::string_view path) const;

  const RecordList& list() const { return list_; }

  // Lines that no record took, in list order.
  std::vector<size_t> unused() const;

 private:
  // How a record stands to a path and labels, as std::string::compare; labels may be null.
  int compare(size_t record, std::string_view path, const float* labels) const;
  // The first index in `sorted_` that does not come before; labels may be null.
  size_t lower_bound(std::string_view path, const float* labels) const;
  // The first index in `sorted_` that is not used and equals; labels may be null for any.
  std::optional<size_t> find(std::string_view path, const float* labels);
  size_t first_unused(size_t index);
  std::string mismatch(size_t record, const std::vector<float>& labels) const;

  const RecordList& list_;
  std::vector<uint32_t> sorted_;  // list positions by path, then labels
  std::vector<uint32_t> next_;    // by index in sorted_: where to look for an unused one
  std::vector<bool> used_;
};

}  // namespace caffe_multilabel
