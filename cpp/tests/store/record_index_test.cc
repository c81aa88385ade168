#include "store/record_index.h"

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <memory>
#include <thread>
#include <utility>

#include "store/value_source.h"
#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class RecordIndexTest : public testing::Test {
 protected:
  static constexpr size_t kCount = 500;

  void SetUp() override {
    std::vector<std::string> values;
    // Small values lie in the pages of the tree, large ones in pages of their own.
    for (size_t i = 0; i < kCount; ++i) values.push_back(value(i));
    index_ = std::make_shared<RecordIndex>(write_records(directory_, "db", values));
  }

  static std::string value(size_t i) {
    return std::string(i % 7 == 0 ? 9000 : i % 40, static_cast<char>('a' + i % 26));
  }

  void expect_all() {
    for (size_t i = 0; i < kCount; ++i) ASSERT_EQ(index_->value(i), value(i)) << i;
  }

  // Whether `body` holds in a child process.
  template <typename Body>
  static bool in_child(const Body& body) {
    const pid_t child = ::fork();
    if (child == 0) ::_exit(body() ? 0 : 1);
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
  }

  TemporaryDirectory directory_;
  std::shared_ptr<RecordIndex> index_;
};

TEST_F(RecordIndexTest, FindsValuesInAnyOrder) {
  EXPECT_EQ(index_->size(), kCount);
  for (const size_t position : {size_t{0}, size_t{499}, size_t{3}, size_t{498}, size_t{7}}) {
    EXPECT_EQ(index_->value(position), value(position));
  }
  expect_all();
}

TEST_F(RecordIndexTest, ServesManyThreads) {
  std::vector<std::thread> threads;
  std::vector<int> wrong(4);
  for (size_t thread = 0; thread < wrong.size(); ++thread) {
    threads.emplace_back([this, thread, &wrong] {
      for (size_t i = 0; i < kCount; ++i) {
        const size_t position = (i * 37 + thread * 11) % kCount;
        wrong[thread] += index_->value(position) != value(position);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(wrong, std::vector<int>(4));
}

TEST_F(RecordIndexTest, IsForAChildOnceItIsComplete) {
  index_->value(kCount - 2);
  EXPECT_TRUE(index_->usable());
  EXPECT_TRUE(in_child([this] { return !index_->usable(); }));
  index_->value(kCount - 1);
  EXPECT_TRUE(in_child([this] {
    const bool right = index_->usable() && index_->value(5) == value(5);
    index_.reset();
    return right;
  }));
  expect_all();
}

TEST_F(RecordIndexTest, TakesThePlacesThatAWalkFound) {
  auto reader = open_reader(index_->directory());
  ValuePlaces places;
  while (const auto record = reader->next()) places.add(record->value);
  index_ = std::make_shared<RecordIndex>(std::move(reader), std::move(places));
  // Nothing is left to walk over, which a child could not do.
  EXPECT_TRUE(in_child([this] { return index_->usable() && index_->value(5) == value(5); }));
  expect_all();
}

TEST_F(RecordIndexTest, WalksItselfWherePlacesAreMissing) {
  auto reader = open_reader(index_->directory());
  ValuePlaces places;
  for (size_t i = 0; i + 1 < kCount; ++i) places.add(reader->next()->value);
  reader->rewind();
  index_ = std::make_shared<RecordIndex>(std::move(reader), std::move(places));
  EXPECT_TRUE(in_child([this] { return !index_->usable(); }));
  expect_all();
}

TEST_F(RecordIndexTest, NamesTheRecordOfAnError) {
  const Error error =
      error_of([this] { throw_record_error(index_->directory(), 12, "it is odd"); });
  EXPECT_EQ(error.what(), index_->directory() + ": record 12 (00000012_x): it is odd");
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error.path(), index_->directory());
  EXPECT_EQ(error.key(), "00000012_x");
}

TEST_F(RecordIndexTest, IsASourceInItsOwnOrder) {
  ValueSource source(index_);
  ValueChunk chunk;
  std::vector<size_t> sizes;
  for (size_t i = 0; source.next_chunk(200, &chunk);) {
    EXPECT_EQ(chunk.first, i);
    sizes.push_back(chunk.values.size());
    for (const std::string_view found : chunk.values) ASSERT_EQ(found, value(i++));
  }
  EXPECT_EQ(sizes, (std::vector<size_t>{200, 200, 100}));
}

TEST_F(RecordIndexTest, IsASourceInAnotherOrder) {
  const std::vector<uint32_t> order = {7, 499, 7, 0};
  ValueSource source(index_, std::make_shared<std::vector<uint32_t>>(order));
  EXPECT_EQ(source.size(), 4U);
  EXPECT_EQ(source.position(1), 499U);
  for (const uint32_t position : order) EXPECT_EQ(source.next(), value(position));
  ValueChunk chunk;
  EXPECT_FALSE(source.next_chunk(9, &chunk));
}

}  // namespace
}  // namespace caffe_multilabel
