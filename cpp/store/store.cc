#include "store/store.h"

#include <filesystem>
#include <system_error>

#include "store/lmdb.h"
#include "store/lmdb_check.h"

namespace caffe_multilabel {

std::unique_ptr<RecordReader> open_reader(const std::string& directory, Access access) {
  return std::make_unique<LmdbReader>(directory, access);
}

void check_store(const std::string& directory) {
  const std::string file = directory + kLmdbFile;
  std::error_code error;  // a name that cannot be looked up is no store either
  if (std::filesystem::exists(file, error)) check_pages(file, LargeValues::kHeaders);
}

std::unique_ptr<RecordWriter> open_writer(const std::string& directory, size_t transaction_bytes) {
  return std::make_unique<LmdbWriter>(directory, transaction_bytes);
}

}  // namespace caffe_multilabel
