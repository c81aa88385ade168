// Writes both DBs of a pair in step, with a journal, so that a stopped conversion can go on.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "image/record_builder.h"
#include "pair/journal.h"
#include "store/store.h"

namespace caffe_multilabel {

// One record ready to be written.
struct PairRecord {
  uint64_t index = 0;
  std::string image_key;
  std::string label_key;
  std::string_view image_value;
  std::string label_value;
  ImageRecordBuilder::Result image;
  Digest image_digest{};
  Digest label_digest{};
};

// Both DBs are committed together, every 1000 records or kBytesPerCommit of values, whichever comes
// first; a larger record begins a commit. So LMDB holds at most that much in memory, and where
// commits fall depends on the records alone, which keeps data.mdb the same byte for byte when a
// conversion was interrupted.
class PairWriter {
 public:
  static constexpr uint64_t kRecordsPerCommit = 1000;
  static constexpr uint64_t kBytesPerCommit = 16U << 20U;

  // Opens the DBs in two partial folders. Where they hold records, goes on after the last one that
  // both hold, once their digests agree with the journal. Throws Error(kDatabase) when they do not.
  // Reading what is there may take long; `tick` is called now and then and may throw.
  PairWriter(const std::string& image_directory, const std::string& label_directory,
             const std::function<void()>& tick);

  // The sums so far; `next_index` is where to go on.
  const Tally& tally() const { return tally_; }
  const std::vector<Reject>& rejects() const { return rejects_; }

  // After a kill the image DB may be one commit ahead, after the end of the machine more. For these
  // indices the image needs no decoding: known_reject() says whether it was rejected then, and
  // put() writes the label only.
  bool is_known(uint64_t index) const { return index < images_ahead_.next_index; }
  const std::string* known_reject(uint64_t index) const;

  // Indices must rise by one from call to call over put() and reject() together.
  void put(const PairRecord& record);
  void reject(uint64_t index, const std::string& problem);

  // Commits the rest and syncs both DBs to the disk.
  void finish();

 private:
  void restore(const std::function<void()>& tick);
  static void check_digest(const std::string& directory, uint64_t records, const Digest& wanted,
                           const std::function<void()>& tick);
  void commit_both();
  void commit_label_of_known();

  std::string image_directory_;
  std::string label_directory_;
  std::unique_ptr<RecordWriter> images_;
  std::unique_ptr<RecordWriter> labels_;
  Journal journal_;
  Tally tally_;
  Tally images_ahead_;                 // what the image DB held when it was opened
  std::vector<Tally> commits_ahead_;   // ends of the commits that only the image DB has
  std::vector<Reject> rejects_;        // all
  std::vector<Reject> rejects_ahead_;  // of those commits
  size_t journaled_rejects_ = 0;       // of rejects_
  uint64_t pending_records_ = 0;
  uint64_t pending_bytes_ = 0;
};

}  // namespace caffe_multilabel
