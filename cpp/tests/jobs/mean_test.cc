#include "jobs/mean.h"

#include <gtest/gtest.h>

#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

TEST(MeanTest, AddsUpExactly) {
  const TemporaryDirectory directory;
  const std::vector<std::string> values(600, raw_record({2, 1, 2}, 252));
  const std::string folder = write_records(directory, "images", values);
  for (const size_t threads : {1, 3}) {
    const ImageSums sums = sum_images(folder, threads, nullptr);
    EXPECT_EQ(sums.count, 600U);
    EXPECT_EQ(sums.shape, (Shape{2, 1, 2}));
    EXPECT_EQ(sums.values, (std::vector<double>{151200, 151800, 152400, 153000}));
    EXPECT_EQ(sums.squares, (std::vector<double>{600 * (63504 + 64009), 600 * (64516 + 65025)}));
  }
}

TEST(MeanTest, TakesLargePlanes) {
  const TemporaryDirectory directory;
  const Shape shape{1, 300, 1000};  // more squares than 32 bits hold
  std::string white = raw_record(shape, 0);
  const ImageSums sums = sum_images(write_records(directory, "images", {white, white}), 2, nullptr);
  double squares = 0;
  for (int i = 0; i < 300000; ++i) squares += (i % 256) * (i % 256);
  EXPECT_EQ(sums.squares, std::vector<double>{2 * squares});
}

TEST(MeanTest, WantsThreads) {
  const TemporaryDirectory directory;
  const std::string folder = write_records(directory, "images", {raw_record({1, 2, 3}, 0)});
  const Error error = error_of([&folder] { sum_images(folder, 0, nullptr); });
  EXPECT_EQ(error.kind(), ErrorKind::kOption);
}

TEST(MeanTest, NamesTheFirstImageOfAnotherSize) {
  const TemporaryDirectory directory;
  std::vector<std::string> values(900, raw_record({1, 2, 3}, 0));
  values[400] = values[700] = raw_record({1, 3, 2}, 0);
  const std::string folder = write_records(directory, "images", values);
  const Error error = error_of([&folder] { sum_images(folder, 4, nullptr); });
  EXPECT_TRUE(mentions(error.what(), "record 400 (00000400_x): its shape is 1 x 3 x 2"));
}

}  // namespace
}  // namespace caffe_multilabel
