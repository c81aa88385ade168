#include "pair/writer.h"

#include <algorithm>

#include "base/error.h"
#include "pair/target.h"

namespace caffe_multilabel {

PairWriter::PairWriter(const std::string& image_directory, const std::string& label_directory,
                       const std::function<void()>& tick)
    : image_directory_(image_directory),
      label_directory_(label_directory),
      images_(open_writer(image_directory, kBytesPerCommit)),
      labels_(open_writer(label_directory, kBytesPerCommit)),
      journal_(image_directory + kJournalFile) {
  restore(tick);
}

void PairWriter::restore(const std::function<void()>& tick) {
  const uint64_t in_images = images_->entries();
  const uint64_t in_labels = labels_->entries();
  std::vector<JournalEntry> kept;
  for (const JournalEntry& entry : journal_.read()) {
    const uint64_t records = entry.tally.records;
    if (records > in_images) break;
    kept.push_back(entry);
    images_ahead_ = entry.tally;
    std::vector<Reject>& rejects = records <= in_labels ? rejects_ : rejects_ahead_;
    rejects.insert(rejects.end(), entry.rejects.begin(), entry.rejects.end());
    if (records <= in_labels) {
      tally_ = entry.tally;
    } else {
      commits_ahead_.push_back(entry.tally);
    }
  }
  if (images_ahead_.records != in_images || tally_.records != in_labels) {
    throw Error(ErrorKind::kDatabase,
                image_directory_ +
                    ": its journal does not know these records; start over with "
                    "--overwrite",
                image_directory_);
  }
  // Lines ahead of both DBs are of a commit that will be made anew.
  journal_.replace_all(kept);
  journaled_rejects_ = rejects_.size();
  check_digest(image_directory_, in_images, images_ahead_.images, tick);
  check_digest(label_directory_, in_labels, tally_.labels, tick);
}

// The end of the machine, not of the process alone, can leave pages that never reached the disk.
void PairWriter::check_digest(const std::string& directory, uint64_t records, const Digest& wanted,
                              const std::function<void()>& tick) {
  if (records == 0) return;
  Digest digest{};
  const auto reader = open_reader(directory);
  uint64_t count = 0;
  while (const auto record = reader->next()) {
    digest = chain(digest, record_digest(record->key, record->value));
    if (++count % 64 == 0) tick();
  }
  if (count == records && digest == wanted) return;
  throw Error(ErrorKind::kDatabase,
              directory +
                  ": is damaged, its records are not those that were written; start over "
                  "with --overwrite",
              directory);
}

const std::string* PairWriter::known_reject(uint64_t index) const {
  const auto found =
      std::lower_bound(rejects_ahead_.begin(), rejects_ahead_.end(), index,
                       [](const Reject& reject, uint64_t wanted) { return reject.index < wanted; });
  return found == rejects_ahead_.end() || found->index != index ? nullptr : &found->problem;
}

void PairWriter::put(const PairRecord& record) {
  const bool ahead = is_known(record.index);
  if (!ahead) {
    const uint64_t bytes = record.image_value.size() + record.label_value.size();
    // The maps have room for a transaction, and for a larger record where one begins.
    if (bytes > kBytesPerCommit && pending_records_ > 0) commit_both();
    if (tally_.records == 0) tally_.first_shape = record.image.shape;
    tally_.passed_through += record.image.stored == Stored::kPassedThrough;
    tally_.reencoded += record.image.stored == Stored::kReencoded;
    tally_.without_end_marker += record.image.lacked_end;
    tally_.from_floats += record.image.from_floats;
    images_->put(record.image_key, record.image_value);
    tally_.images = chain(tally_.images, record.image_digest);
    tally_.image_bytes += record.image_value.size();
    pending_bytes_ += bytes;
  }
  labels_->put(record.label_key, record.label_value);
  tally_.labels = chain(tally_.labels, record.label_digest);
  tally_.label_bytes += record.label_value.size();
  tally_.next_index = record.index + 1;
  ++tally_.records;
  ++pending_records_;
  if (ahead) {
    // A commit that was cut in two ends where it ended in the image DB.
    const auto ends_here = [this](const Tally& end) { return end.records == tally_.records; };
    if (std::any_of(commits_ahead_.begin(), commits_ahead_.end(), ends_here))
      commit_label_of_known();
  } else if (pending_records_ == kRecordsPerCommit || pending_bytes_ >= kBytesPerCommit) {
    commit_both();
  }
}

void PairWriter::reject(uint64_t index, const std::string& problem) {
  rejects_.push_back({index, problem});
  // A known one stands in the journal already.
  if (is_known(index)) ++journaled_rejects_;
  tally_.next_index = index + 1;
}

void PairWriter::commit_both() {
  const auto first = rejects_.begin() + static_cast<ptrdiff_t>(journaled_rejects_);
  journal_.append({tally_, {first, rejects_.end()}});
  images_->commit();
  labels_->commit();
  journaled_rejects_ = rejects_.size();
  pending_records_ = 0;
  pending_bytes_ = 0;
}

// What the image DB and the journal already say stays as it was.
void PairWriter::commit_label_of_known() {
  const uint64_t records = tally_.records;
  for (const Tally& end : commits_ahead_) {
    if (end.records == records) tally_ = end;
  }
  labels_->commit();
  pending_records_ = 0;
  pending_bytes_ = 0;
}

void PairWriter::finish() {
  if (pending_records_ > 0 || journaled_rejects_ < rejects_.size()) commit_both();
  images_->sync();
  labels_->sync();
}

}  // namespace caffe_multilabel
