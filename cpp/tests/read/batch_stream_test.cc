#include "read/batch_stream.h"

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "read/pair_stream.h"
#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

void no_tick() {}

std::vector<float> numbers_of(const Batch& batch) {
  return {batch.floats(), batch.floats() + batch.records * batch.shape.size()};
}

class BatchStreamTest : public testing::Test {
 protected:
  BatchStreamTest() {
    options_.transform.crop_size = 4;
    options_.transform.train = true;
    label_options_.output = BatchOutput::kLabels;
    label_options_.label_count = 1;
    label_options_.threads = 0;
  }

  void write(size_t count, size_t bad = SIZE_MAX, size_t bad_label = SIZE_MAX) {
    std::vector<std::string> images;
    std::vector<std::string> labels;
    for (size_t i = 0; i < count; ++i) {
      images.push_back(i == bad ? "\xff" : raw_record({3, 6, 5}, static_cast<int>(i)));
      labels.push_back(i == bad_label ? label_record({1, 2})
                                      : label_record({static_cast<float>(i)}));
    }
    images_ = std::make_shared<RecordIndex>(write_records(directory_, "images", images));
    labels_ = std::make_shared<RecordIndex>(write_records(directory_, "labels", labels));
  }

  std::shared_ptr<BatchStream> images(size_t batch_size, size_t threads) {
    options_.batch_size = batch_size;
    options_.threads = threads;
    return std::make_shared<BatchStream>(ValueSource(images_), options_);
  }

  std::shared_ptr<BatchStream> labels(size_t batch_size) {
    label_options_.batch_size = batch_size;
    return std::make_shared<BatchStream>(ValueSource(labels_), label_options_);
  }

  std::unique_ptr<PairStream> stream(size_t batch_size, size_t threads) {
    return std::make_unique<PairStream>(images(batch_size, threads), labels(batch_size));
  }

  // The labels of the next `count` batches of an endless stream.
  std::vector<std::vector<float>> endless_labels(size_t batch_size, size_t count) {
    label_options_.endless = true;
    const auto batches = labels(batch_size);
    std::vector<std::vector<float>> found;
    for (size_t i = 0; i < count; ++i) found.push_back(numbers_of(*batches->next(no_tick)));
    return found;
  }

  BatchOptions options_;
  BatchOptions label_options_;
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
        EXPECT_EQ(batch->images.shape, (Shape{3, 4, 4}));
        for (const float found : numbers_of(batch->labels)) EXPECT_EQ(found, label++);
        const std::vector<float> numbers = numbers_of(batch->images);
        all.insert(all.end(), numbers.begin(), numbers.end());
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

TEST_F(BatchStreamTest, NamesTheFirstBadRecordOfBothDatabases) {
  const auto what_of = [this] {
    const auto batches = stream(10, 4);
    EXPECT_TRUE(batches->next(no_tick));
    const std::string what = error_of([&batches] { batches->next(no_tick); }).what();
    EXPECT_FALSE(batches->next(no_tick));
    return what;
  };
  write(20, 15, 12);
  EXPECT_TRUE(mentions(what_of(), labels_->directory() + ": record 12 "));
}

TEST_F(BatchStreamTest, NamesTheImageOfARecordThatIsBadInBothDatabases) {
  write(20, 12, 12);
  const auto batches = stream(20, 4);
  EXPECT_TRUE(mentions(error_of([&batches] { batches->next(no_tick); }).what(),
                       images_->directory() + ": record 12 "));
}

TEST_F(BatchStreamTest, LosesNothingToATickThatThrows) {
  write(40);
  const auto batches = stream(10, 2);
  float label = 0;
  for (size_t i = 0; i < 4; ++i) {
    // Whether it waits is up to the threads; either way nothing is taken from one DB alone.
    std::optional<PairBatch> batch;
    try {
      batch = batches->next([] { throw std::runtime_error("planned"); });
    } catch (const std::runtime_error&) {
      batch = batches->next(no_tick);
    }
    ASSERT_TRUE(batch);
    for (const float found : numbers_of(batch->labels)) EXPECT_EQ(found, label++);
  }
  EXPECT_FALSE(batches->next(no_tick));
}

TEST_F(BatchStreamTest, OutlivesItsStream) {
  write(20);
  auto batches = stream(5, 2);
  const auto kept = batches->next(no_tick);
  const std::vector<float> before = numbers_of(kept->images);
  while (batches->next(no_tick)) {
  }
  batches.reset();
  EXPECT_EQ(numbers_of(kept->images), before);
}

TEST_F(BatchStreamTest, SplitsAmongConsumers) {
  write(200);
  const auto batches = stream(1, 3);
  std::vector<std::thread> consumers;
  std::vector<size_t> counts(3);
  std::vector<size_t> apart(3);
  for (size_t consumer = 0; consumer < counts.size(); ++consumer) {
    consumers.emplace_back([&, consumer] {
      while (const auto batch = batches->next(no_tick)) {
        ++counts[consumer];
        // The crop of an image that counts up from its label begins with it, and the crop's place.
        const Crop& crop = batch->images.crops[0];
        const auto first = static_cast<int>(batch->images.floats()[0]);
        const auto label = static_cast<int>(batch->labels.floats()[0]);
        apart[consumer] += first != label + crop.row * 5 + crop.column;
      }
    });
  }
  for (std::thread& consumer : consumers) consumer.join();
  EXPECT_EQ(counts[0] + counts[1] + counts[2], 200U);
  EXPECT_EQ(apart, std::vector<size_t>(3));
}

TEST_F(BatchStreamTest, IsEmptyWithoutRecords) {
  write(0);
  EXPECT_FALSE(stream(4, 2)->next(no_tick));
}

TEST_F(BatchStreamTest, GoesOverTheRecordsAgainInMidBatch) {
  write(5);
  EXPECT_EQ(endless_labels(3, 4),
            (std::vector<std::vector<float>>{{0, 1, 2}, {3, 4, 0}, {1, 2, 3}, {4, 0, 1}}));
  EXPECT_EQ(endless_labels(12, 1),
            (std::vector<std::vector<float>>{{0, 1, 2, 3, 4, 0, 1, 2, 3, 4, 0, 1}}));
}

TEST_F(BatchStreamTest, GoesOverAnOrderAgain) {
  write(5);
  const auto order = std::make_shared<std::vector<uint32_t>>(std::vector<uint32_t>{4, 0, 4});
  label_options_.endless = true;
  label_options_.batch_size = 4;
  BatchStream batches(ValueSource(labels_, order), label_options_);
  EXPECT_EQ(numbers_of(*batches.next(no_tick)), (std::vector<float>{4, 0, 4, 4}));
  EXPECT_EQ(numbers_of(*batches.next(no_tick)), (std::vector<float>{0, 4, 4, 0}));
}

TEST_F(BatchStreamTest, RefusesToGoOverNothing) {
  write(0);
  label_options_.endless = true;
  const Error error = error_of([this] { labels(3); });
  EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
  EXPECT_EQ(error.path(), labels_->directory());
}

// With the crops that it tells of, bytes can be made into what the transformer makes of them.
TEST_F(BatchStreamTest, GivesBytesWithTheirCrops) {
  write(30);
  options_.transform.mirror = true;
  options_.transform.mean_values = {7};
  options_.transform.scale = 0.5;
  options_.seed = 3;
  const auto floats = images(8, 3);
  options_.output = BatchOutput::kStored;
  const auto bytes = images(8, 2);
  size_t moved = 0;
  size_t mirrored = 0;
  while (const auto stored = bytes->next(no_tick)) {
    EXPECT_EQ(stored->shape, (Shape{3, 6, 5}));
    const auto wanted = floats->next(no_tick);
    ASSERT_TRUE(wanted);
    const float* number = wanted->floats();
    for (size_t record = 0; record < stored->records; ++record) {
      const Crop& crop = stored->crops[record];
      moved += crop.row != 1 || crop.column != 0;
      mirrored += crop.mirrored;
      const uint8_t* image = stored->bytes() + record * stored->shape.size();
      for (int channel = 0; channel < 3; ++channel) {
        for (int row = 0; row < 4; ++row) {
          for (int column = 0; column < 4; ++column, ++number) {
            const int from = crop.column + (crop.mirrored ? 3 - column : column);
            ASSERT_EQ(*number, (image[(channel * 6 + crop.row + row) * 5 + from] - 7) * 0.5F);
          }
        }
      }
    }
  }
  EXPECT_FALSE(floats->next(no_tick));
  EXPECT_GT(moved, 0U);
  EXPECT_GT(mirrored, 0U);
  EXPECT_LT(mirrored, 30U);
}

TEST_F(BatchStreamTest, HasNoBytesOfFloats) {
  write(3);
  options_.transform = {};
  options_.output = BatchOutput::kStored;
  BatchStream batches(ValueSource(labels_), options_);
  EXPECT_TRUE(mentions(error_of([&] { batches.next(no_tick); }).what(),
                       "record 0 (00000000_x): it holds floats, and bytes are wanted"));
}

TEST_F(BatchStreamTest, TellsTheRowOfABadRecordAhead) {
  write(20, SIZE_MAX, 13);
  const auto batches = labels(10);
  batches->wait(no_tick);
  EXPECT_EQ(batches->peek(), BatchStream::kNoRow);
  EXPECT_TRUE(batches->next(no_tick));
  batches->wait(no_tick);
  EXPECT_EQ(batches->peek(), 3U);
  EXPECT_TRUE(mentions(error_of([&batches] { batches->next(no_tick); }).what(),
                       "record 13 (00000013_x): it has 2 labels, the first record 1"));
  EXPECT_EQ(batches->peek(), BatchStream::kNoRow);  // at its end
}

}  // namespace
}  // namespace caffe_multilabel
