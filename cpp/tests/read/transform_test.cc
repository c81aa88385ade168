// The rules themselves; tests/test_reader_batches.py holds them against numpy on whole pairs.
#include "read/transform.h"

#include <gtest/gtest.h>

#include <numeric>
#include <optional>

#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

// 1 x 3 x 4: 0 to 11.
class TransformTest : public testing::Test {
 protected:
  TransformTest() : bytes_(12) {
    std::iota(bytes_.begin(), bytes_.end(), uint8_t{0});
    image_.shape = {1, 3, 4};
    image_.numbers = bytes_.data();
  }

  std::vector<float> transformed(const TransformOptions& options, uint32_t mirror = 0,
                                 uint32_t row = 0, uint32_t column = 0) {
    const Transformer transformer(options);
    Shape shape;
    std::string problem;
    if (!transformer.output_shape(image_.shape, &shape, &problem)) {
      ADD_FAILURE() << problem;
      return {};
    }
    std::vector<float> output(shape.size());
    transformer.transform(image_, {mirror, row, column}, &scratch_, output.data());
    return output;
  }

  std::vector<uint8_t> bytes_;
  std::vector<uint8_t> scratch_;
  StoredValues image_;
};

TEST_F(TransformTest, CropsTheCentreRoundedDown) {
  TransformOptions options;
  options.crop_size = 1;
  EXPECT_EQ(transformed(options), (std::vector<float>{5}));
  options.crop_size = 2;
  EXPECT_EQ(transformed(options), (std::vector<float>{1, 2, 5, 6}));
  options.crop_size = 3;
  EXPECT_EQ(transformed(options), (std::vector<float>{0, 1, 2, 4, 5, 6, 8, 9, 10}));
}

TEST_F(TransformTest, CropsWhereTheNumbersSayInTraining) {
  TransformOptions options;
  options.crop_size = 2;
  options.train = true;
  EXPECT_EQ(transformed(options, 0, 1, 2), (std::vector<float>{6, 7, 10, 11}));
  EXPECT_EQ(transformed(options, 0, 2, 3), (std::vector<float>{0, 1, 4, 5}));
}

TEST_F(TransformTest, MirrorsTheCrop) {
  TransformOptions options;
  options.crop_size = 2;
  options.mirror = true;
  EXPECT_EQ(transformed(options, 7), (std::vector<float>{2, 1, 6, 5}));
  EXPECT_EQ(transformed(options, 6), (std::vector<float>{1, 2, 5, 6}));
}

TEST_F(TransformTest, SubtractsBeforeItScales) {
  TransformOptions options;
  options.crop_size = 1;
  options.mean_values = {2};
  options.scale = 0.5F;
  EXPECT_EQ(transformed(options), (std::vector<float>{1.5F}));
}

TEST_F(TransformTest, TakesTheMeanImageWhereTheCropIs) {
  TransformOptions options;
  options.crop_size = 2;
  options.mirror = true;
  options.mean_shape = {1, 3, 4};
  options.mean = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110};
  EXPECT_EQ(transformed(options, 1), (std::vector<float>{-18, -9, -54, -45}));
}

TEST_F(TransformTest, IsTheSameForEveryWayOfStoring) {
  const cv::Mat pixels = noise(37, 29, 3);
  std::vector<uint8_t> bytes(3 * 29 * 37);
  to_planes(pixels, bytes.data());
  const std::vector<float> floats(bytes.begin(), bytes.end());
  image_.shape = {3, 29, 37};
  TransformOptions options;
  options.train = true;
  options.crop_size = 19;
  options.mean_values = {1.25F, 100, 255};
  options.scale = 0.017F;
  image_.numbers = pixels;
  const std::vector<float> expected = transformed(options, 0, 5, 8);
  image_.numbers = static_cast<const uint8_t*>(bytes.data());
  EXPECT_EQ(transformed(options, 0, 5, 8), expected);
  image_.numbers = floats.data();
  EXPECT_EQ(transformed(options, 0, 5, 8), expected);
}

TEST_F(TransformTest, DrawsOnlyWhatItUses) {
  const auto drawn = [](bool mirror, int crop, bool train) {
    TransformOptions options;
    options.mirror = mirror;
    options.crop_size = crop;
    options.train = train;
    std::mt19937 random(1);
    Transformer(options).draw(&random);
    std::mt19937 counted(1);
    int count = 0;
    while (counted != random) {
      counted();
      ++count;
    }
    return count;
  };
  EXPECT_EQ(drawn(false, 2, false), 0);
  EXPECT_EQ(drawn(true, 2, false), 1);
  EXPECT_EQ(drawn(false, 2, true), 2);
  EXPECT_EQ(drawn(true, 2, true), 3);
  EXPECT_EQ(drawn(true, 0, true), 1);
}

TEST_F(TransformTest, RefusesWhatDoesNotGoTogether) {
  const auto problem = [](const TransformOptions& options) {
    Shape shape;
    std::string text;
    EXPECT_FALSE(Transformer(options).output_shape({3, 8, 9}, &shape, &text));
    return text;
  };
  TransformOptions crop;
  crop.crop_size = 9;
  EXPECT_TRUE(mentions(problem(crop), "3 x 8 x 9 is smaller than crop_size 9"));
  TransformOptions values;
  values.mean_values = {1, 2};
  EXPECT_TRUE(mentions(problem(values), "mean_value has 2 values"));
  TransformOptions image;
  image.mean_shape = {3, 9, 8};
  image.mean.resize(216);
  EXPECT_TRUE(mentions(problem(image), "that of mean_file 3 x 9 x 8"));
}

}  // namespace
}  // namespace caffe_multilabel
