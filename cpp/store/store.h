// What every kind of store is to the rest of the core: records with keys, read and written in the
// order of their keys. Who needs no more than that holds these types, and no LMDB.
//
// Every failure is an Error(kDatabase) that names the folder and the store's reason, but a full
// disk, which is an Error(kOutput).
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caffe_multilabel {

struct StoredRecord {
  std::string_view key;
  std::string_view value;
};

// Reads the records of a store from the first key to the last. What is stored cannot crash it: a
// reader is made only once everything that it goes by was checked. Works on read-only media and
// writes nothing, not even a lock file. Not for use by two threads at once, nor in a child process
// of the one that made it.
class RecordReader {
 public:
  virtual ~RecordReader() = default;
  RecordReader(const RecordReader&) = delete;
  RecordReader& operator=(const RecordReader&) = delete;

  const std::string& directory() const { return directory_; }

  // The number of records, as the store tells it.
  virtual size_t entries() const = 0;

  // The next record in the order of keys, compared as bytes; the first one at the first call,
  // nothing after the last. Key and value stay valid, and where they are, as long as the reader
  // lives, and may be read by any threads.
  virtual std::optional<StoredRecord> next() = 0;

  // The record with the last key, found without those before it; next() is at its end then.
  virtual std::optional<StoredRecord> last() = 0;

  // next() begins again with the first record; the records are the same.
  virtual void rewind() = 0;

 protected:
  explicit RecordReader(std::string directory) : directory_(std::move(directory)) {}

 private:
  std::string directory_;
};

// Appends records to a store in the order of their keys. Takes no locks of its own: the caller sees
// to it that the folder has one writer. What is committed survives the end of the process; sync()
// makes it survive the machine's.
//
// The same records with the same commits give the same bytes, also when the writer was closed or
// killed between two commits.
class RecordWriter {
 public:
  virtual ~RecordWriter() = default;
  RecordWriter(const RecordWriter&) = delete;
  RecordWriter& operator=(const RecordWriter&) = delete;

  // The key must sort after every key already there.
  virtual void put(std::string_view key, std::string_view value) = 0;
  // Ends the transaction; nothing is written when it is empty.
  virtual void commit() = 0;
  // Waits until all commits are on the disk.
  virtual void sync() = 0;
  // The number of records that are committed.
  virtual size_t entries() = 0;

 protected:
  RecordWriter() = default;
};

// What will be read: with kKeys the system does not read values ahead that nobody looks at.
enum class Access { kAll, kKeys };

// Paths below a store's folder, each with a '/' in front, of all that a store may consist of.
const std::vector<std::string>& store_files();

// Whether something in `directory` would be opened as a store, whole or not.
bool holds_store(const std::string& directory);

// Opens the store in `directory`, of whichever kind it is.
std::unique_ptr<RecordReader> open_reader(const std::string& directory,
                                          Access access = Access::kAll);

// Checks more of the store than reading safely takes: all that its records are found by, whether it
// is used or not. A folder without a store passes; opening it says what is wrong.
void check_store(const std::string& directory);

// Opens the store in `directory`, which exists; an LMDB is made where there is none. In each
// transaction there is room for twice `transaction_bytes`, and for a first record of any size.
std::unique_ptr<RecordWriter> open_writer(const std::string& directory, size_t transaction_bytes);

// About how many bytes of the disk a record takes in a store that open_writer() makes.
uint64_t stored_size(uint64_t key_size, uint64_t value_size);

}  // namespace caffe_multilabel
