// Which line of a list a record of several images came from.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "list/record_list.h"

namespace caffe_multilabel {

// A record's key holds the path of its first image alone, which other records may have too, so its
// number tells the line. For use by any threads.
class NumberedLines {
 public:
  // `positions[number]` is the position that the record with this number had in the list it was
  // converted from; numbers beyond stand for themselves.
  NumberedLines(const RecordList& list, std::vector<uint32_t> positions)
      : list_(list), positions_(std::move(positions)) {}

  // The list position of a record. Nothing, with `*problem`, where its key has no number or one
  // beyond the list, or holds another path than the first on that line.
  std::optional<size_t> find(std::string_view key, std::string* problem) const;

 private:
  const RecordList& list_;
  const std::vector<uint32_t> positions_;
};

}  // namespace caffe_multilabel
