// Finds the list line that a record came from.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record_list.h"

namespace caffe_multilabel {

// Matches records to the lines of a list by path, or by position where keys hold no path. Each line
// is used once: a path that is listed twice, with different labels, needs two records.
class ListMatcher {
 public:
  explicit ListMatcher(const RecordList& list);

  // Takes the line of a record. Gives the problem when no unused line has this path and these
  // labels. `path` is empty where the record's key holds none.
  std::optional<std::string> take(std::optional<std::string_view> path, size_t position,
                                  const std::vector<float>& labels);

  // Lines that no record took, in list order.
  std::vector<size_t> unused() const;

 private:
  const RecordList& list_;
  std::vector<uint32_t> by_path_;  // list positions, sorted by path
  std::vector<bool> used_;
};

}  // namespace caffe_multilabel
