#include "tests/stored_records.h"

#include <algorithm>
#include <numeric>

#include "record/key.h"

namespace caffe_multilabel {

std::string write_records(const TemporaryDirectory& directory, std::string_view name,
                          const std::vector<std::string>& values) {
  const std::string folder = directory.folder(name);
  LmdbWriter writer(folder, 1 << 20);
  for (size_t i = 0; i < values.size(); ++i) writer.put(image_key(i, "x"), values[i]);
  writer.commit();
  return folder;
}

std::string write_keys(const TemporaryDirectory& directory, std::string_view name,
                       const std::vector<std::string>& keys, std::string_view value) {
  const std::string folder = directory.folder(name);
  LmdbWriter writer(folder, 1 << 20);
  for (const std::string& key : keys) writer.put(key, value);
  writer.commit();
  return folder;
}

LmdbLookup::LmdbLookup(const std::string& directory) {
  MDB_env* env = nullptr;
  EXPECT_EQ(mdb_env_create(&env), 0);
  env_.reset(env);
  EXPECT_EQ(mdb_env_open(env, directory.c_str(), MDB_RDONLY | MDB_NOLOCK, 0), 0);
  MDB_txn* txn = nullptr;
  EXPECT_EQ(mdb_txn_begin(env, nullptr, MDB_RDONLY, &txn), 0);
  txn_.reset(txn);
  EXPECT_EQ(mdb_dbi_open(txn, nullptr, 0, &dbi_), 0);
}

std::optional<std::string_view> LmdbLookup::find(std::string_view key) const {
  MDB_val wanted{key.size(), const_cast<char*>(key.data())};
  MDB_val value{};
  if (mdb_get(txn_.get(), dbi_, &wanted, &value) != 0) return std::nullopt;
  return std::string_view(static_cast<const char*>(value.mv_data), value.mv_size);
}

std::string raw_record(const Shape& shape, int first) {
  ImageDatum datum;
  uint8_t* bytes = datum.begin_raw(shape);
  std::iota(bytes, bytes + shape.size(), static_cast<uint8_t>(first));
  return std::string(datum.finish(0));
}

std::string encoded_record(std::string_view file) {
  ImageDatum datum;
  std::copy(file.begin(), file.end(), datum.begin_encoded(file.size()));
  return std::string(datum.finish(0));
}

std::string label_record(const std::vector<float>& labels) {
  std::string value;
  write_label_datum({static_cast<int>(labels.size()), 1, 1}, labels.data(), std::nullopt, &value);
  return value;
}

}  // namespace caffe_multilabel
