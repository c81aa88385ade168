// LMDB environments with one unnamed database, as Caffe uses them: an appending writer and a
// read-only cursor. Every failure is an Error(kDatabase) that names the folder and LMDB's reason,
// but a full disk, which is an Error(kOutput).
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace caffe_multilabel {

struct EnvCloser {
  void operator()(MDB_env* env) const { mdb_env_close(env); }
};
struct TxnAborter {
  void operator()(MDB_txn* txn) const { mdb_txn_abort(txn); }
};
struct CursorCloser {
  void operator()(MDB_cursor* cursor) const { mdb_cursor_close(cursor); }
};
using UniqueEnv = std::unique_ptr<MDB_env, EnvCloser>;
using UniqueTxn = std::unique_ptr<MDB_txn, TxnAborter>;
using UniqueCursor = std::unique_ptr<MDB_cursor, CursorCloser>;

// Appends records in key order. Takes no locks of its own: the caller sees to it that the folder
// has one writer. What is committed survives the end of the process; sync() makes it survive the
// machine's.
//
// The same records with the same commits give the same bytes in data.mdb, also when the writer was
// closed or killed between two commits.
class LmdbWriter {
 public:
  // `directory` exists; a database is made in it if there is none. In each
  // transaction there is room for twice `transaction_bytes`, and for a first record of any size.
  LmdbWriter(const std::string& directory, size_t transaction_bytes);

  // The key must sort after every key already there.
  void put(std::string_view key, std::string_view value);
  // Ends the transaction; nothing is written when it is empty.
  void commit();
  // Waits until all commits are on the disk.
  void sync();

  size_t entries();

 private:
  void open();
  void write_behind();
  void begin(size_t value_size);
  void grow_for(size_t bytes);
  [[noreturn]] void fail(int code) const;
  void check(int code) const;

  std::string directory_;
  size_t transaction_bytes_;
  UniqueEnv env_;
  UniqueTxn txn_;
  MDB_dbi dbi_ = 0;
};

struct LmdbRecord {
  std::string_view key;
  std::string_view value;
};

// Reads a database from its first key to its last. Views stay valid as long as the reader lives.
// Works on read-only media. A file that is shorter than its header says is refused, since reading
// past its end would kill the process.
class LmdbReader {
 public:
  // What will be read: with kKeys the system does not read values ahead that nobody looks at.
  enum class Access { kAll, kKeys };

  // `directory` is the folder with data.mdb.
  explicit LmdbReader(const std::string& directory, Access access = Access::kAll);

  size_t entries() const { return entries_; }
  const std::string& directory() const { return directory_; }

  // The next record, the first one at the first call; nothing after the last.
  std::optional<LmdbRecord> next();
  // The record with exactly this key.
  std::optional<LmdbRecord> find(std::string_view key) const;

 private:
  void check(int code) const;

  std::string directory_;
  UniqueEnv env_;
  UniqueTxn txn_;
  UniqueCursor cursor_;
  MDB_dbi dbi_ = 0;
  size_t entries_ = 0;
};

}  // namespace caffe_multilabel
