#include "store/lmdb.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "base/error.h"
#include "base/platform.h"
#include "store/lmdb_check.h"

namespace caffe_multilabel {
namespace {

constexpr size_t kFirstMap = size_t{1} << 20U;
constexpr mdb_mode_t kMode = 0666;  // less the umask

[[noreturn]] void throw_code(const std::string& directory, int code) {
  const std::string reason = mdb_strerror(code);
  if (code == ENOSPC || code == EDQUOT || code == EFBIG) {
    throw Error(ErrorKind::kOutput, directory + ": the disk is full (" + reason + ")", directory);
  }
  // What LMDB makes of a write that was cut short, as the last one on a full disk is.
  if (code == EIO) {
    throw Error(ErrorKind::kOutput, directory + ": " + reason + "; is the disk full?", directory);
  }
  throw Error(ErrorKind::kDatabase, directory + ": " + reason, directory);
}

UniqueEnv make_env(const std::string& directory) {
  MDB_env* raw = nullptr;
  if (const int code = mdb_env_create(&raw); code != 0) throw_code(directory, code);
  return UniqueEnv(raw);
}

MDB_val to_val(std::string_view bytes) { return {bytes.size(), const_cast<char*>(bytes.data())}; }

std::string_view to_view(const MDB_val& val) {
  return {static_cast<const char*>(val.mv_data), val.mv_size};
}

size_t page_size(MDB_env* env) {
  MDB_stat stat{};
  mdb_env_stat(env, &stat);
  return stat.ms_psize;
}

}  // namespace

LmdbWriter::LmdbWriter(const std::string& directory, size_t transaction_bytes)
    : directory_(directory), transaction_bytes_(transaction_bytes) {
  keep_freed_memory();  // LMDB frees the pages of large values at every commit
  const std::string file = directory + kLmdbFile;
  struct stat before{};
  // A FIFO or device has no size either.
  const bool is_new =
      ::stat(file.c_str(), &before) != 0 || (S_ISREG(before.st_mode) && before.st_size == 0);
  if (!is_new) check_pages(file, LargeValues::kPlaces);
  open();
}

// Done anew after each commit. An environment that stays open keeps its free list and the buffers
// of old pages, whose stale bytes get into the gaps of new ones; then data.mdb would tell how often
// the writer was interrupted.
void LmdbWriter::open() {
  env_ = make_env(directory_);
  // NOLOCK: one writer, no reader. NOSYNC: sync() is called once, at the end. NORDAHEAD: nothing is
  // read back.
  check(
      mdb_env_open(env_.get(), directory_.c_str(), MDB_NOLOCK | MDB_NOSYNC | MDB_NORDAHEAD, kMode));
}

void LmdbWriter::fail(int code) const { throw_code(directory_, code); }

void LmdbWriter::check(int code) const {
  if (code != 0) fail(code);
}

// The map is grown between transactions only, where it costs one mmap call, and always enough for
// the next one. It grows by doubling from what LMDB finds in the file, so that its size, which LMDB
// stores, depends on the records alone.
void LmdbWriter::grow_for(size_t bytes) {
  constexpr size_t kRecords = 1000;  // of a transaction; each may split pages of the tree
  MDB_envinfo info{};
  check(mdb_env_info(env_.get(), &info));
  const size_t page = page_size(env_.get());
  const size_t used = (info.me_last_pgno + 1) * page;
  const size_t wanted = used + bytes + 6 * kRecords * page;
  size_t size = std::max(info.me_mapsize, kFirstMap);
  while (size < wanted) size *= 2;
  if (size != info.me_mapsize) check(mdb_env_set_mapsize(env_.get(), size));
}

void LmdbWriter::begin(size_t value_size) {
  grow_for(2 * transaction_bytes_ + value_size);
  MDB_txn* raw = nullptr;
  check(mdb_txn_begin(env_.get(), nullptr, 0, &raw));
  txn_.reset(raw);
  check(mdb_dbi_open(raw, nullptr, 0, &dbi_));
}

void LmdbWriter::put(std::string_view key, std::string_view value) {
  if (!txn_) begin(value.size());
  MDB_val key_val = to_val(key);
  MDB_val value_val = to_val(value);
  check(mdb_put(txn_.get(), dbi_, &key_val, &value_val, MDB_APPEND));
}

void LmdbWriter::commit() {
  if (!txn_) return;
  check(mdb_txn_commit(txn_.release()));
  int fd = -1;
  if (mdb_env_get_fd(env_.get(), &fd) == 0) write_behind(fd);
  open();
}

void LmdbWriter::sync() { check(mdb_env_sync(env_.get(), 1)); }

size_t LmdbWriter::entries() {
  MDB_stat stat{};
  check(mdb_env_stat(env_.get(), &stat));
  return stat.ms_entries;
}

LmdbReader::LmdbReader(const std::string& directory, Access access)
    : RecordReader(directory), env_(make_env(directory)) {
  const std::string file = directory + kLmdbFile;
  struct stat before{};
  if (::stat(file.c_str(), &before) != 0) {
    throw Error(ErrorKind::kDatabase, directory + ": is no LMDB (there is no data.mdb in it)",
                directory);
  }
  check_pages(file, LargeValues::kPlaces);
  // NOLOCK: nobody writes to a published database, and read-only folders must do.
  const unsigned flags = access == Access::kKeys ? MDB_NORDAHEAD : 0;
  check(mdb_env_open(env_.get(), directory.c_str(), MDB_RDONLY | MDB_NOLOCK | MDB_NOTLS | flags,
                     kMode));
  MDB_txn* raw = nullptr;
  check(mdb_txn_begin(env_.get(), nullptr, MDB_RDONLY, &raw));
  txn_.reset(raw);
  check(mdb_dbi_open(raw, nullptr, 0, &dbi_));
  MDB_stat stat{};
  check(mdb_stat(raw, dbi_, &stat));
  entries_ = stat.ms_entries;
  MDB_cursor* raw_cursor = nullptr;
  check(mdb_cursor_open(raw, dbi_, &raw_cursor));
  cursor_.reset(raw_cursor);
}

void LmdbReader::check(int code) const {
  if (code != 0) throw_code(directory(), code);
}

std::optional<StoredRecord> LmdbReader::next() {
  return go(std::exchange(at_begin_, false) ? MDB_FIRST : MDB_NEXT);
}

std::optional<StoredRecord> LmdbReader::last() {
  at_begin_ = false;
  return go(MDB_LAST);
}

std::optional<StoredRecord> LmdbReader::go(MDB_cursor_op step) {
  MDB_val key{};
  MDB_val value{};
  const int code = mdb_cursor_get(cursor_.get(), &key, &value, step);
  if (code == MDB_NOTFOUND) return std::nullopt;
  check(code);
  return StoredRecord{to_view(key), to_view(value)};
}

}  // namespace caffe_multilabel
