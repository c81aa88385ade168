// The records of one run of convert(): images and labels of a list into two unfinished DBs.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "image/record_builder.h"
#include "jobs/convert.h"
#include "list/record_list.h"
#include "pair/rejects.h"
#include "pair/target.h"
#include "pair/writer.h"

namespace caffe_multilabel {

// Goes from the first record that is missing to the last. What it is made of must outlive it.
class Conversion {
 public:
  // Opens the partial DBs of `target` and goes on behind what they hold, see PairWriter.
  Conversion(const RecordList& records, const ConvertOptions& options,
             const ConvertCallback& callback, const PairTarget& target);

  // Throws Error(kOutput) when what is left to convert looks too large for the disk.
  void check_space(const PairTarget& target) const;

  // Writes and syncs the rest of both DBs. Throws Error(kImage) for an image that the options do
  // not let pass, and when none can be used.
  void run();

  void report_progress() const;

  uint64_t start() const { return start_; }  // list position where this run began
  const Tally& tally() const { return writer_.tally(); }
  // Images of this run that have another size than the first of the pair.
  uint64_t other_sizes() const { return other_sizes_; }
  std::vector<RejectedLine> rejected_lines() const;

 private:
  struct Slot;

  std::vector<std::string> paths(uint32_t record) const;  // of the list
  bool take(Slot* slot);
  size_t work(size_t worker, Slot* slot);
  bool build(ImageRecordBuilder* builder, uint32_t record, Slot* slot) const;
  void drain(Slot* slot);
  std::string where(uint32_t record) const;  // of the list
  void compare_size(const Slot& slot);
  void reject(const Slot& slot);
  void tick();

  const RecordList& records_;
  const ConvertOptions& options_;
  const ConvertCallback& callback_;
  const std::vector<uint32_t> order_;
  std::chrono::steady_clock::time_point next_tick_;  // the first at once
  PairWriter writer_;
  const uint64_t start_;
  uint64_t next_;
  uint64_t other_sizes_ = 0;
  std::deque<ImageRecordBuilder> builders_;  // one a worker
};

}  // namespace caffe_multilabel
