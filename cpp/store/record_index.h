// Finds records of a database by their position in key order.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/process.h"
#include "store/store.h"

namespace caffe_multilabel {

// Where values lie in memory, in the order of their records: 12 bytes each, whatever the keys are.
class ValuePlaces {
 public:
  void reserve(size_t count) {
    begins_.reserve(count);
    sizes_.reserve(count);
  }
  void add(std::string_view value) {
    begins_.push_back(value.data());
    sizes_.push_back(static_cast<uint32_t>(value.size()));
  }
  size_t size() const { return begins_.size(); }
  std::string_view value(size_t position) const { return {begins_[position], sizes_[position]}; }

 private:
  std::vector<const char*> begins_;
  std::vector<uint32_t> sizes_;  // a value has less than 4 GiB in every store
};

// Remembers where each value lies in memory, which is the map of the file. It walks over the
// keys as far as it was asked to and no further, once. For use by any threads.
//
// A child process may go on using an index that was complete before the fork: looking up known
// records only reads memory, and the reader, which must not be used across a fork, is not called.
class RecordIndex {
 public:
  explicit RecordIndex(const std::string& directory);
  // The reader stands at its beginning. Who has walked over its records already gives all their
  // places, so that it is not done again.
  explicit RecordIndex(std::unique_ptr<RecordReader> reader, ValuePlaces all = {});
  ~RecordIndex();
  RecordIndex(const RecordIndex&) = delete;
  RecordIndex& operator=(const RecordIndex&) = delete;

  size_t size() const { return size_; }
  const std::string& directory() const { return directory_; }

  // Whether this process may look up every record.
  bool usable() const;

  // The value of the record at `position` < size(). Valid as long as the index lives.
  std::string_view value(size_t position);

 private:
  void walk_to(size_t position);

  const OwnerProcess owner_;
  const std::string directory_;
  std::unique_ptr<RecordReader> reader_;
  const size_t size_;
  std::mutex walking_;
  std::atomic<size_t> known_{0};
  ValuePlaces places_;  // never move: there is room for all records from the beginning
};

// The Error(kDatabase) of what is wrong with a record, which it names by position and key. The key
// is looked for in the database.
Error record_error(const std::string& directory, size_t position, const std::string& problem);
[[noreturn]] void throw_record_error(const std::string& directory, size_t position,
                                     const std::string& problem);

}  // namespace caffe_multilabel
