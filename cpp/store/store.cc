#include "store/store.h"

#include "base/file.h"
#include "store/lmdb.h"
#include "store/lmdb_check.h"
#include "store/lmdb_file.h"

namespace caffe_multilabel {

const std::vector<std::string>& store_files() {
  static const std::vector<std::string> files = {kLmdbFile, kLmdbLockFile};
  return files;
}

bool holds_store(const std::string& directory) { return path_exists(directory + kLmdbFile); }

std::unique_ptr<RecordReader> open_reader(const std::string& directory, Access access) {
  return std::make_unique<LmdbReader>(directory, access);
}

void check_store(const std::string& directory) {
  if (holds_store(directory)) check_pages(directory + kLmdbFile, LargeValues::kHeaders);
}

std::unique_ptr<RecordWriter> open_writer(const std::string& directory, size_t transaction_bytes) {
  return std::make_unique<LmdbWriter>(directory, transaction_bytes);
}

uint64_t stored_size(uint64_t key_size, uint64_t value_size) {
  return lmdb_stored_size(key_size, value_size);
}

}  // namespace caffe_multilabel
