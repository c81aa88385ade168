#include "read/batch_stream.h"

#include <gtest/gtest.h>

#include <chrono>
#include <stdexcept>
#include <thread>

#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

void no_tick() {}

class BatchStreamTest : public testing::Test {
 protected:
  void write(size_t count, size_t bad = SIZE_MAX) {
    std::vector<std::string> images;
    std::vector<std::string> labels;
    for (size_t i = 0; i < count; ++i) {
      images.push_back(i == bad ? "\xff" : raw_record({3, 6, 5}, static_cast<int>(i)));
      labels.push_back(label_record({static_cast<float>(i)}));
    }
    images_ = std::make_shared<RecordIndex>(write_records(directory_, "images", images));
    labels_ = std::make_shared<RecordIndex>(write_records(directory_, "labels", labels));
  }

  std::unique_ptr<BatchStream> stream(size_t batch_size, size_t threads) {
    BatchOptions options;
    options.batch_size = batch_size;
    options.threads = threads;
    options.label_count = 1;
    options.transform.crop_size = 4;
    options.transform.train = true;
    return std::make_unique<BatchStream>(ValueSource(images_), ValueSource(labels_), options);
  }

  TemporaryDirectory directory_;
  std::shared_ptr<RecordIndex> images_;
  std::shared_ptr<RecordIndex> labels_;
};

TEST_F(BatchStreamTest, IsTheSameForAnyNumberOfThreads) {
  write(50);
  for (const size_t batch_size : {1, 7, 50, 64}) {
    std::vector<float> one;
    for (const size_t threads : {1, 2, 8}) {
      std::vector<float> all;
      const auto batches = stream(batch_size, threads);
      float label = 0;
      while (const auto batch = batches->next(no_tick)) {
        EXPECT_EQ(batch->shape, (Shape{3, 4, 4}));
        for (const float found : batch->labels) EXPECT_EQ(found, label++);
        all.insert(all.end(), batch->images.get(), batch->images.get() + batch->records * 48);
      }
      EXPECT_EQ(label, 50);
      if (threads == 1) one = all;
      EXPECT_EQ(all, one);
    }
  }
}

TEST_F(BatchStreamTest, StopsAtAnyTime) {
  write(300);
  for (size_t taken = 0; taken < 20; ++taken) {
    const auto batches = stream(3, 1 + taken % 5);
    for (size_t i = 0; i < taken; ++i) ASSERT_TRUE(batches->next(no_tick));
    if (taken % 2 == 0) continue;
    batches->close();
    EXPECT_FALSE(batches->next(no_tick));
  }
}

TEST_F(BatchStreamTest, GivesWhatComesBeforeABadRecord) {
  write(40, 25);
  for (const size_t threads : {1, 4}) {
    const auto batches = stream(10, threads);
    EXPECT_TRUE(batches->next(no_tick));
    EXPECT_TRUE(batches->next(no_tick));
    const Error error = error_of([&batches] { batches->next(no_tick); });
    EXPECT_TRUE(mentions(error.what(), "record 25 (00000025_x): it is no Datum"));
    EXPECT_FALSE(batches->next(no_tick));
  }
}

TEST_F(BatchStreamTest, ABadFirstRecordHoldsNobodyUp) {
  write(40, 10);
  for (const size_t threads : {1, 2, 8}) {
    const auto batches = stream(10, threads);
    EXPECT_TRUE(batches->next(no_tick));
    EXPECT_TRUE(mentions(error_of([&batches] { batches->next(no_tick); }).what(), "record 10 "));
  }
}

TEST_F(BatchStreamTest, OutlivesItsStream) {
  write(20);
  auto batches = stream(5, 2);
  const auto kept = batches->next(no_tick);
  const std::vector<float> before(kept->images.get(), kept->images.get() + 5 * 48);
  while (batches->next(no_tick)) {
  }
  batches.reset();
  EXPECT_EQ(std::vector<float>(kept->images.get(), kept->images.get() + 5 * 48), before);
}

TEST_F(BatchStreamTest, SplitsAmongConsumers) {
  write(200);
  const auto batches = stream(1, 3);
  std::vector<std::thread> consumers;
  std::vector<size_t> counts(3);
  for (size_t& count : counts) {
    consumers.emplace_back([&batches, &count] {
      while (batches->next(no_tick)) ++count;
    });
  }
  for (std::thread& consumer : consumers) consumer.join();
  EXPECT_EQ(counts[0] + counts[1] + counts[2], 200U);
}

TEST_F(BatchStreamTest, IsEmptyWithoutRecords) {
  write(0);
  EXPECT_FALSE(stream(4, 2)->next(no_tick));
}

}  // namespace
}  // namespace caffe_multilabel
