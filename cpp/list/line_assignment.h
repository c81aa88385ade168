// Which line of a new list each existing record takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/problems.h"
#include "list/list_place.h"
#include "list/record_list.h"

namespace caffe_multilabel {

// Fed with the places of a DB's records in their order. Records take lines by path, or by number or
// order where no key holds a path. Records that share a path take its lines in list order, the
// records in the order of the list that they were converted from.
class LineAssignment {
 public:
  // `positions[number]` is the position that the record with this number had in the list it was
  // converted from; numbers beyond stand for themselves.
  LineAssignment(const RecordList& list, std::vector<uint32_t> positions);

  // The next record, which has this key. Throws Error(kDatabase) when it is placed by another thing
  // than the first one.
  void add(const ListPlace& place, std::string_view key);

  // The list position for each record. Throws Error(kList) naming the first 20 records that have
  // no line, or lines that contradict each other.
  std::vector<uint32_t> finish();

  // By what records were placed, once there is one.
  PlacedBy placed_by() const { return placed_by_; }

  // Whether a line has this path.
  bool holds(std::string_view path) const;

 private:
  using Lines = std::vector<uint32_t>;

  struct Claim {
    uint32_t group;  // index in by_path_ of the first line with the record's path
    uint32_t position;
    uint32_t record;
  };

  Lines::const_iterator find(std::string_view path) const;
  void claim_line(uint32_t record, std::optional<size_t> position, std::string_view key);
  void claim_path(uint32_t record, const ListPlace& place, std::string_view key);
  bool same_path(uint32_t a, uint32_t b) const { return list_.path(a) == list_.path(b); }
  void resolve(const std::vector<Claim>& claims);
  void add_problem(const std::string& text, size_t records);
  void throw_if_problems() const;

  const RecordList& list_;
  const Lines positions_;
  Lines by_path_;  // list positions, sorted by path, then by position
  std::vector<Claim> claims_;
  Lines lines_;              // by record
  std::vector<bool> taken_;  // lines by number or order
  PlacedBy placed_by_ = PlacedBy::kOrder;
  size_t without_line_ = 0;
  Problems problems_;
};

}  // namespace caffe_multilabel
