// Databases of records made for a test.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "record/datum.h"
#include "store/lmdb.h"
#include "tests/support.h"

namespace caffe_multilabel {

// A database in a new folder of `directory`, with keys in the order of `values`; gives its path.
std::string write_records(const TemporaryDirectory& directory, std::string_view name,
                          const std::vector<std::string>& values);

// A database of such keys, which must rise, all with `value`; gives its path.
std::string write_keys(const TemporaryDirectory& directory, std::string_view name,
                       const std::vector<std::string>& keys, std::string_view value = "");

// Finds records as LMDB itself does, by their keys.
class LmdbLookup {
 public:
  explicit LmdbLookup(const std::string& directory);

  // The value of exactly this key, as long as the object lives.
  std::optional<std::string_view> find(std::string_view key) const;

 private:
  UniqueEnv env_;
  UniqueTxn txn_;
  MDB_dbi dbi_ = 0;
};

// A raw image record: bytes counted up from `first`.
std::string raw_record(const Shape& shape, int first);
std::string encoded_record(std::string_view file);
std::string label_record(const std::vector<float>& labels);

}  // namespace caffe_multilabel
