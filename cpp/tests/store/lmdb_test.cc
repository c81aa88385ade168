#include "store/lmdb.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "record/key.h"
#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Records = std::vector<std::pair<std::string, std::string>>;

constexpr size_t kTransaction = 1 << 20;

class DatabaseTest : public testing::Test {
 protected:
  std::string data() const { return read_file(directory_ / "data.mdb"); }

  Records all() const {
    LmdbReader reader(directory_.path());
    Records records;
    while (const auto record = reader.next()) records.emplace_back(record->key, record->value);
    EXPECT_EQ(records.size(), reader.entries());
    return records;
  }

  TemporaryDirectory directory_;
};

TEST_F(DatabaseTest, GivesRecordsInTheirOrder) {
  LmdbWriter writer(directory_.path(), kTransaction);
  writer.put("a", "1");
  writer.put("b", "");
  writer.put("c", std::string("\0x", 2));
  writer.commit();
  EXPECT_EQ(all(), (Records{{"a", "1"}, {"b", ""}, {"c", std::string("\0x", 2)}}));
}

TEST_F(DatabaseTest, KeepsNothingThatIsNotCommitted) {
  {
    LmdbWriter writer(directory_.path(), kTransaction);
    writer.put("a", "1");
    writer.commit();
    writer.put("b", "2");
  }
  EXPECT_EQ(all(), (Records{{"a", "1"}}));
}

TEST_F(DatabaseTest, GoesOnWhereItWasClosed) {
  for (const char* key : {"a", "b", "c"}) {
    LmdbWriter writer(directory_.path(), kTransaction);
    writer.put(key, "value");
    writer.commit();
    writer.sync();
  }
  EXPECT_EQ(all(), (Records{{"a", "value"}, {"b", "value"}, {"c", "value"}}));
}

TEST_F(DatabaseTest, CountsCommittedEntries) {
  LmdbWriter writer(directory_.path(), kTransaction);
  EXPECT_EQ(writer.entries(), 0U);
  writer.put("a", "1");
  EXPECT_EQ(writer.entries(), 0U);
  writer.commit();
  EXPECT_EQ(writer.entries(), 1U);
}

TEST_F(DatabaseTest, RefusesAKeyThatDoesNotSortLast) {
  LmdbWriter writer(directory_.path(), kTransaction);
  writer.put("b", "1");
  EXPECT_EQ(error_of([&] { writer.put("a", "1"); }).kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error_of([&] { writer.put("b", "1"); }).kind(), ErrorKind::kDatabase);
}

TEST_F(DatabaseTest, TakesTheLongestKeyAndNoLonger) {
  LmdbWriter writer(directory_.path(), kTransaction);
  writer.put(std::string(kMaxKeySize, 'k'), "1");
  const Error error = error_of([&] { writer.put(std::string(kMaxKeySize + 1, 'l'), "1"); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error.path(), directory_.path());
}

TEST_F(DatabaseTest, GrowsItsMapFromTransactionToTransaction) {
  LmdbWriter writer(directory_.path(), kTransaction);
  const std::string value(100'000, 'v');
  for (uint64_t i = 0; i < 600; ++i) {
    writer.put(image_key(i, "x"), value);
    if (i % 10 == 9) writer.commit();
  }
  const Records records = all();
  ASSERT_EQ(records.size(), 600U);
  for (const auto& [key, stored] : records) ASSERT_EQ(stored, value) << key;
}

TEST_F(DatabaseTest, TakesASingleValueAboveTheTransaction) {
  LmdbWriter writer(directory_.path(), kTransaction);
  const std::string value(80 << 20, 'v');
  writer.put("a", value);
  writer.commit();
  EXPECT_TRUE(same_bytes(all().at(0).second, value));
}

TEST_F(DatabaseTest, IsFoundByItsKeys) {
  LmdbWriter writer(directory_.path(), kTransaction);
  writer.put("a", "1");
  writer.put("c", "3");
  writer.commit();
  const LmdbLookup lookup(directory_.path());
  EXPECT_EQ(lookup.find("c"), "3");
  EXPECT_FALSE(lookup.find("b"));
  EXPECT_FALSE(lookup.find("d"));
}

TEST_F(DatabaseTest, FindsTheLastRecordAtOnce) {
  LmdbWriter writer(directory_.path(), kTransaction);
  writer.commit();
  EXPECT_FALSE(LmdbReader(directory_.path()).last());
  for (int record = 100; record < 900; ++record) writer.put(std::to_string(record), "value");
  writer.commit();
  LmdbReader reader(directory_.path());
  EXPECT_EQ(reader.next()->key, "100");
  EXPECT_EQ(reader.last()->key, "899");
  EXPECT_FALSE(reader.next());
  reader.rewind();
  EXPECT_EQ(reader.next()->key, "100");
}

TEST_F(DatabaseTest, ReadsAnEmptyDatabase) {
  {
    const LmdbWriter writer(directory_.path(), kTransaction);
  }
  EXPECT_EQ(all(), Records{});
  EXPECT_FALSE(LmdbLookup(directory_.path()).find("a"));
}

TEST_F(DatabaseTest, IsReadWithoutALockFile) {
  LmdbWriter writer(directory_.path(), kTransaction);
  writer.put("a", "1");
  writer.commit();
  all();
  EXPECT_EQ(names_in(directory_.path()), std::vector<std::string>{"data.mdb"});
}

TEST_F(DatabaseTest, TellsAFullDisk) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto handler = std::signal(SIGXFSZ, SIG_IGN);
  LmdbWriter writer(directory_.path(), kTransaction);
  rlimit small = before;
  small.rlim_cur = 1 << 20;
  ::setrlimit(RLIMIT_FSIZE, &small);
  writer.put("a", std::string(4 << 20, 'v'));
  const Error error = error_of([&] { writer.commit(); });
  ::setrlimit(RLIMIT_FSIZE, &before);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_EQ(error.path(), directory_.path());
  EXPECT_TRUE(mentions(error.what(), "is the disk full?"));
  EXPECT_EQ(all(), Records{});
}

// The bytes of data.mdb after `commits` commits, the writer made anew after those that `reopens`
// says.
template <typename Reopens>
std::string written(int commits, size_t largest, const Reopens& reopens) {
  const TemporaryDirectory directory;
  std::mt19937 random(1);
  auto writer = std::make_unique<LmdbWriter>(directory.path(), kTransaction);
  uint64_t index = 0;
  for (int commit = 0; commit < commits; ++commit) {
    for (uint64_t left = 1 + random() % 40; left > 0; --left, ++index) {
      const std::string path(random() % 60, 'x');
      writer->put(image_key(index, path), std::string(random() % largest, 'v'));
    }
    writer->commit();
    if (!reopens(commit)) continue;
    writer->put(image_key(index, "is never committed"), std::string(largest, 'w'));
    writer.reset();
    writer = std::make_unique<LmdbWriter>(directory.path(), kTransaction);
  }
  writer.reset();
  return read_file(directory / "data.mdb");
}

class WriterBytesTest : public testing::TestWithParam<size_t> {};

TEST_P(WriterBytesTest, DoNotTellHowOftenItWasStopped) {
  const size_t largest = GetParam();
  const std::string unbroken = written(30, largest, [](int) { return false; });
  EXPECT_TRUE(same_bytes(written(30, largest, [](int) { return true; }), unbroken));
  for (const int period : {2, 7}) {
    const auto reopens = [period](int commit) { return commit % period == 0; };
    EXPECT_TRUE(same_bytes(written(30, largest, reopens), unbroken)) << period;
  }
}

INSTANTIATE_TEST_SUITE_P(LargestValue, WriterBytesTest, testing::Values(30, 1500, 12000));

}  // namespace
}  // namespace caffe_multilabel
