// Which line of a new list each existing record takes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/problems.h"
#include "list/record_list.h"

namespace caffe_multilabel {

// Fed with the keys of a DB in their order. Records take lines by the path in their keys, or by
// position where no key holds a path. Records that share a path take its lines in list order, the
// records in the order of the list that they were converted from.
class LineAssignment {
 public:
  // `positions[number]` is the position that the record with this number had in the list it was
  // converted from; numbers beyond stand for themselves.
  LineAssignment(const RecordList& list, std::vector<uint32_t> positions);

  // The next record's key, that of its image record where there is one. Throws Error(kDatabase)
  // when it holds no path but the first one did, or the other way round.
  void add(std::string_view key);

  // The list position for each record. Throws Error(kList) naming the first 20 records that have
  // no line, or lines that contradict each other.
  std::vector<uint32_t> finish();

  bool paths_in_keys() const { return paths_in_keys_; }

 private:
  struct Claim {
    uint32_t group;  // index in by_path_ of the first line with the record's path
    uint32_t position;
    uint32_t record;
  };

  bool same_path(uint32_t a, uint32_t b) const { return list_.path(a) == list_.path(b); }
  void resolve(const std::vector<Claim>& claims, std::vector<uint32_t>* lines);
  void add_problem(const std::string& text, size_t records);
  void throw_if_problems() const;

  const RecordList& list_;
  const std::vector<uint32_t> positions_;
  std::vector<uint32_t> by_path_;  // list positions, sorted by path, then by position
  std::vector<Claim> claims_;
  uint32_t records_ = 0;
  bool paths_in_keys_ = false;
  size_t without_line_ = 0;
  Problems problems_;
};

}  // namespace caffe_multilabel
