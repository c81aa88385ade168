#include "pair/disk_space.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/file.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class SpaceTest : public testing::Test {
 protected:
  void check(size_t count, const std::string& image) {
    check_free_space(
        count, 5, "", [&](size_t) { return std::vector{image}; }, options_, directory_.path(),
        directory_.path());
  }

  TemporaryDirectory directory_;
  ImageOptions options_;
};

TEST_F(SpaceTest, LetsASmallPairPass) { check(1000, golden_path("plain.jpg")); }

TEST_F(SpaceTest, RefusesAPairLargerThanTheDisk) {
  options_.resize_width = options_.resize_height = 1000;
  const size_t too_many = free_space(directory_.path()) / 3'000'000 + 1;
  const Error error = error_of([&] { check(too_many, golden_path("plain.jpg")); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_EQ(error.path(), directory_.path());
  EXPECT_TRUE(mentions(error.what(), "the pair will take about"));
}

TEST_F(SpaceTest, LeavesImagesThatCannotBeReadToTheConversion) {
  check(1'000'000'000, directory_ / "missing");
}

// A long root does not get into the keys, and takes no space.
TEST_F(SpaceTest, CountsKeysWithoutTheRoot) {
  options_.resize_width = options_.resize_height = 1;
  std::string root = directory_.path();
  for (int depth = 0; depth < 15; ++depth) {
    root += "/" + std::string(200, 'r');
    std::filesystem::create_directory(root);
  }
  write_file(root + "/a.jpg", golden("plain.jpg"));
  // Within the free space by their own size, and far beyond it with the root in each key.
  const size_t count = free_space(directory_.path()) / 1000;
  check_free_space(
      count, 1, root, [](size_t) { return std::vector<std::string>{"a.jpg"}; }, options_,
      directory_.path(), directory_.path());
}

TEST_F(SpaceTest, AsksOnlyForImagesThatThereAre) {
  for (const size_t count : {0, 1, 15, 16, 17, 1000}) {
    size_t asked = 0;
    const auto path = [&](size_t i) {
      EXPECT_LT(i, count);
      ++asked;
      return std::vector{golden_path("one_pixel.png")};
    };
    check_free_space(count, 1, "", path, options_, directory_.path(), directory_.path());
    EXPECT_EQ(asked, std::min<size_t>(count, 16));
  }
}

TEST_F(SpaceTest, CountsAllImagesOfARecord) {
  options_.resize_width = options_.resize_height = 1000;
  const std::string image = golden_path("plain.jpg");
  const size_t count = free_space(directory_.path()) / 6'000'000 + 1;
  check(count, image);
  const auto three = [&](size_t) { return std::vector<std::string>(3, image); };
  const Error error = error_of([&] {
    check_free_space(count, 5, "", three, options_, directory_.path(), directory_.path());
  });
  EXPECT_TRUE(mentions(error.what(), "the pair will take about"));
}

}  // namespace
}  // namespace caffe_multilabel
