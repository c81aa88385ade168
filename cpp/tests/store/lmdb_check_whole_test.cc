// Whole databases with a past: changed and emptied by others than our writer.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "store/lmdb.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class WholeDatabaseTest : public testing::Test {
 protected:
  WholeDatabaseTest() {
    MDB_env* raw = nullptr;
    EXPECT_EQ(mdb_env_create(&raw), 0);
    env_.reset(raw);
    EXPECT_EQ(mdb_env_set_mapsize(raw, size_t{1} << 28U), 0);
    EXPECT_EQ(mdb_env_open(raw, directory_.path().c_str(), MDB_NOSYNC | MDB_NOLOCK, 0666), 0);
  }

  template <typename Body>
  void commit(const Body& body) {
    MDB_txn* raw = nullptr;
    ASSERT_EQ(mdb_txn_begin(env_.get(), nullptr, 0, &raw), 0);
    MDB_dbi dbi = 0;
    ASSERT_EQ(mdb_dbi_open(raw, nullptr, 0, &dbi), 0);
    body(raw, dbi);
    ASSERT_EQ(mdb_txn_commit(raw), 0);
  }
  static void put(MDB_txn* txn, MDB_dbi dbi, std::string key, size_t size) {
    std::string bytes(size, 'v');
    MDB_val key_val{key.size(), key.data()};
    MDB_val value{bytes.size(), bytes.data()};
    ASSERT_EQ(mdb_put(txn, dbi, &key_val, &value, 0), 0);
  }
  static void remove(MDB_txn* txn, MDB_dbi dbi, std::string key) {
    MDB_val key_val{key.size(), key.data()};
    const int code = mdb_del(txn, dbi, &key_val, nullptr);
    ASSERT_TRUE(code == 0 || code == MDB_NOTFOUND);
  }

  size_t records() const {
    LmdbReader reader(directory_.path());
    size_t count = 0;
    while (reader.next()) ++count;
    EXPECT_EQ(count, reader.entries());
    return count;
  }

  TemporaryDirectory directory_;
  UniqueEnv env_;
};

TEST_F(WholeDatabaseTest, PassesWithAnyPast) {
  std::mt19937 random(7);  // NOLINT: the same past each time
  for (int round = 0; round < 60; ++round) {
    const size_t removed_of_8 = random() % 8;
    commit([&](MDB_txn* txn, MDB_dbi dbi) {
      for (int i = 0; i < 300; ++i) {
        const std::string key(1 + random() % 40, static_cast<char>('a' + random() % 26));
        if (random() % 8 < removed_of_8) {
          remove(txn, dbi, key);
        } else {
          put(txn, dbi, key, random() % 10 == 0 ? random() % 40000 : random() % 300);
        }
      }
    });
    records();
  }
  EXPECT_GT(records(), 100U);
}

TEST_F(WholeDatabaseTest, PassesWhenEmptied) {
  commit([](MDB_txn* txn, MDB_dbi dbi) { put(txn, dbi, "key", 9000); });
  commit([](MDB_txn* txn, MDB_dbi dbi) { remove(txn, dbi, "key"); });
  EXPECT_EQ(records(), 0U);
}

}  // namespace
}  // namespace caffe_multilabel
