#include "store/record_index.h"

#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace caffe_multilabel {

RecordIndex::RecordIndex(const std::string& directory) : RecordIndex(open_reader(directory)) {}

RecordIndex::RecordIndex(std::unique_ptr<RecordReader> reader, ValuePlaces all)
    : directory_(reader->directory()), reader_(std::move(reader)), size_(reader_->entries()) {
  // A damaged DB may have claimed more records than were met; walk_to() says so.
  if (all.size() == size_) places_ = std::move(all);
  places_.reserve(size_);
  known_ = places_.size();
}

RecordIndex::~RecordIndex() {
  // Closing is the store's business too, so a child leaves its copy alone.
  if (!owner_.is_this()) static_cast<void>(reader_.release());
}

bool RecordIndex::usable() const {
  return known_.load(std::memory_order_acquire) == size_ || owner_.is_this();
}

std::string_view RecordIndex::value(size_t position) {
  if (position >= known_.load(std::memory_order_acquire)) walk_to(position);
  return places_.value(position);
}

void RecordIndex::walk_to(size_t position) {
  const std::lock_guard<std::mutex> lock(walking_);
  for (size_t known = known_.load(std::memory_order_relaxed); known <= position; ++known) {
    const std::optional<StoredRecord> record = reader_->next();
    if (!record) {
      throw Error(ErrorKind::kDatabase,
                  directory_ + ": is damaged, it claims " + counted(size_, "record") +
                      " and ends after " + std::to_string(known),
                  directory_);
    }
    places_.add(record->value);
    known_.store(known + 1, std::memory_order_release);
  }
}

Error record_error(const std::string& directory, size_t position, const std::string& problem) {
  const auto reader = open_reader(directory, Access::kKeys);
  std::optional<StoredRecord> record = reader->next();
  for (size_t at = 0; record && at < position; ++at) record = reader->next();
  const std::string key = record ? printable(record->key) : "";
  return Error(ErrorKind::kDatabase,
               directory + ": record " + std::to_string(position) + " (" + key + "): " + problem,
               directory, 0, key);
}

void throw_record_error(const std::string& directory, size_t position, const std::string& problem) {
  throw record_error(directory, position, problem);
}

}  // namespace caffe_multilabel
