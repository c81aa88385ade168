// LMDB environments with one unnamed database, as Caffe uses them: an appending writer and a
// read-only cursor.
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "store/store.h"

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

// The files of an LMDB in its folder: all that is stored, and what locks of other programs need.
inline constexpr const char* kLmdbFile = "/data.mdb";
inline constexpr const char* kLmdbLockFile = "/lock.mdb";

class LmdbWriter final : public RecordWriter {
 public:
  // As open_writer() says.
  LmdbWriter(const std::string& directory, size_t transaction_bytes);

  void put(std::string_view key, std::string_view value) override;
  void commit() override;
  void sync() override;
  size_t entries() override;

 private:
  void open();
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

// Refuses a file that is shorter than its header says, or that LMDB could not read safely: LMDB
// trusts what it finds.
class LmdbReader final : public RecordReader {
 public:
  // `directory` is the folder with data.mdb.
  explicit LmdbReader(const std::string& directory, Access access = Access::kAll);

  size_t entries() const override { return entries_; }
  std::optional<StoredRecord> next() override;
  std::optional<StoredRecord> last() override;
  void rewind() override { at_begin_ = true; }

 private:
  std::optional<StoredRecord> go(MDB_cursor_op step);
  void check(int code) const;

  UniqueEnv env_;
  UniqueTxn txn_;
  UniqueCursor cursor_;
  MDB_dbi dbi_ = 0;
  size_t entries_ = 0;
  bool at_begin_ = true;
};

}  // namespace caffe_multilabel
