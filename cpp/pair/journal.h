// The journal of a conversion: what --resume needs to go on and end with the same bytes.
//
// One JSON line before each commit, saying the state after it. A kill can then leave lines that are
// ahead of a DB, but never a DB that is ahead of the lines. The end of the machine can leave
// anything, for nothing is synced before the end; then the digests do not agree.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/shape.h"
#include "record/digest.h"

namespace caffe_multilabel {

struct Reject {
  uint64_t index;  // the number that the record's key would have had
  std::string problem;
};

// The sums over all records up to a commit.
struct Tally {
  uint64_t next_index = 0;  // the first index that was not looked at
  uint64_t records = 0;
  uint64_t passed_through = 0;
  uint64_t reencoded = 0;
  uint64_t without_end_marker = 0;
  uint64_t from_floats = 0;
  uint64_t image_bytes = 0;  // of values
  uint64_t label_bytes = 0;
  Digest images{};
  Digest labels{};
  Shape first_shape;  // of the first image
};

struct JournalEntry {
  Tally tally;
  std::vector<Reject> rejects;  // since the entry before
};

class Journal {
 public:
  // Lines that are in the file stay.
  explicit Journal(std::string path) : path_(std::move(path)) {}

  // The entries on the disk; a torn last line is no entry. Throws Error(kOutput) when the file is
  // there and cannot be read.
  std::vector<JournalEntry> read() const;
  // Both throw Error(kOutput).
  void append(const JournalEntry& entry);
  void replace_all(const std::vector<JournalEntry>& entries);

 private:
  std::string path_;
};

}  // namespace caffe_multilabel
