#include "store/store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "store/lmdb.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class StoreTest : public testing::Test {
 protected:
  void write() {
    const auto writer = open_writer(directory_.path(), 1 << 20);
    writer->put("a", "1");
    writer->put("b", std::string(9000, 'x'));
    writer->commit();
    writer->sync();
    EXPECT_EQ(writer->entries(), 2U);
  }

  std::string file() const { return directory_.path() + kLmdbFile; }

  TemporaryDirectory directory_;
};

TEST_F(StoreTest, KnowsItsFiles) {
  EXPECT_FALSE(holds_store(directory_.path()));
  write();
  EXPECT_TRUE(holds_store(directory_.path()));
  for (const std::string& name : names_in(directory_.path())) {
    const auto& files = store_files();
    EXPECT_NE(std::find(files.begin(), files.end(), "/" + name), files.end()) << name;
  }
}

TEST_F(StoreTest, BeginsAgainAfterRewind) {
  write();
  const auto reader = open_reader(directory_.path());
  EXPECT_EQ(reader->next()->key, "a");
  reader->rewind();
  EXPECT_EQ(reader->next()->key, "a");
  EXPECT_EQ(reader->next()->key, "b");
  EXPECT_FALSE(reader->next());
  reader->rewind();
  EXPECT_EQ(reader->next()->key, "a");
}

TEST_F(StoreTest, ReadsWhatItWrote) {
  write();
  for (const Access access : {Access::kAll, Access::kKeys}) {
    const auto reader = open_reader(directory_.path(), access);
    EXPECT_EQ(reader->directory(), directory_.path());
    EXPECT_EQ(reader->entries(), 2U);
    std::vector<StoredRecord> records;
    while (const auto record = reader->next()) records.push_back(*record);
    // Looked at only now: they stay where they are.
    ASSERT_EQ(records.size(), 2U);
    EXPECT_EQ(records[0].key, "a");
    EXPECT_EQ(records[0].value, "1");
    EXPECT_EQ(records[1].key, "b");
    EXPECT_EQ(records[1].value, std::string(9000, 'x'));
    EXPECT_FALSE(reader->next());
  }
}

TEST_F(StoreTest, TakesANameThatCannotBeForNoStore) {
  const std::string name(300, 'x');
  check_store(name);
  EXPECT_EQ(error_of([&name] { open_reader(name); }).kind(), ErrorKind::kDatabase);
}

TEST_F(StoreTest, NamesAFolderWithoutAStore) {
  check_store(directory_.path());
  const Error error = error_of([this] { open_reader(directory_.path()); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error.path(), directory_.path());
}

// The header of a large value is what LMDB does not need for reading it.
TEST_F(StoreTest, ChecksMoreThanOpeningDoes) {
  write();
  std::string bytes = read_file(file());
  const size_t value = bytes.find(std::string(100, 'x'));
  ASSERT_NE(value, std::string::npos);
  bytes.replace(value - 16, 16, 16, '\xff');
  write_file(file(), bytes);
  EXPECT_EQ(open_reader(directory_.path())->entries(), 2U);
  const Error error = error_of([this] { check_store(directory_.path()); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_TRUE(mentions(error.what(), "is damaged"));
}

}  // namespace
}  // namespace caffe_multilabel
