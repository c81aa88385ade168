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

#include "base/process.h"
#include "store/store.h"

namespace caffe_multilabel {

// Remembers where each value lies in memory, which is the map of the file: 12 bytes a record,
// whatever the keys are. It walks over the keys as far as it was asked to and no further, once. For
// use by any threads.
//
// A child process may go on using an index that was complete before the fork: looking up known
// records only reads memory, and the reader, which must not be used across a fork, is not called.
class RecordIndex {
 public:
  explicit RecordIndex(const std::string& directory);
  // The reader stands at its beginning.
  explicit RecordIndex(std::unique_ptr<RecordReader> reader);
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
  // Never move: there is room for all records from the beginning.
  std::vector<const char*> begins_;
  std::vector<uint32_t> sizes_;  // a value has less than 4 GiB in every store
};

// Throws Error(kDatabase) on what is wrong with a record, which it names by position and key. The
// key is looked for in the database.
[[noreturn]] void throw_record_error(const std::string& directory, size_t position,
                                     const std::string& problem);

}  // namespace caffe_multilabel
