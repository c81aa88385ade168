#include "read/stored_values.h"

#include <gtest/gtest.h>

#include <numeric>

#include "tests/images.h"
#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class StoredValuesTest : public testing::Test {
 protected:
  bool parse(const std::string& record, Decoding decoding = Decoding::kStored) {
    record_ = record;
    parser_ = std::make_unique<ValueParser>(decoding);
    return parser_->parse(record_, &values_, &problem_);
  }

  template <typename Number>
  std::vector<Number> planes() const {
    std::vector<Number> planes(values_.shape.size());
    values_.copy_to(planes.data());
    return planes;
  }

  std::string record_;
  std::unique_ptr<ValueParser> parser_;
  StoredValues values_;
  std::string problem_;
};

TEST_F(StoredValuesTest, ReadsBytes) {
  ASSERT_TRUE(parse(raw_record({2, 1, 3}, 250)));
  EXPECT_EQ(values_.shape, (Shape{2, 1, 3}));
  EXPECT_FALSE(values_.are_floats());
  EXPECT_EQ(planes<uint8_t>(), (std::vector<uint8_t>{250, 251, 252, 253, 254, 255}));
  EXPECT_EQ(planes<float>(), (std::vector<float>{250, 251, 252, 253, 254, 255}));
}

TEST_F(StoredValuesTest, ReadsFloats) {
  ASSERT_TRUE(parse(label_record({-1, 0.5F})));
  EXPECT_EQ(values_.shape, (Shape{2, 1, 1}));
  EXPECT_TRUE(values_.are_floats());
  EXPECT_EQ(planes<float>(), (std::vector<float>{-1, 0.5F}));
}

TEST_F(StoredValuesTest, DecodesImages) {
  const cv::Mat pixels = noise(5, 4, 3);
  ASSERT_TRUE(parse(encoded_record(encoded_as(".png", pixels))));
  EXPECT_EQ(values_.shape, (Shape{3, 4, 5}));
  const std::vector<uint8_t> found = planes<uint8_t>();
  for (int channel = 0; channel < 3; ++channel) {
    EXPECT_EQ(found[static_cast<size_t>(channel) * 20 + 5 + 2],
              pixels.at<cv::Vec3b>(1, 2)[channel]);
  }
  EXPECT_EQ(planes<float>(), std::vector<float>(found.begin(), found.end()));
}

TEST_F(StoredValuesTest, ForcesChannels) {
  const std::string color = encoded_record(encoded_as(".png", noise(5, 4, 3)));
  const std::string gray = encoded_record(encoded_as(".png", noise(5, 4, 1)));
  const auto channels = [this](const std::string& record, Decoding decoding) {
    EXPECT_TRUE(parse(record, decoding)) << problem_;
    return values_.shape.channels;
  };
  EXPECT_EQ(channels(color, Decoding::kGray), 1);
  EXPECT_EQ(channels(gray, Decoding::kColor), 3);
  EXPECT_EQ(channels(gray, Decoding::kStored), 1);
  EXPECT_EQ(channels(raw_record({3, 1, 1}, 0), Decoding::kGray), 3);
}

TEST_F(StoredValuesTest, RefusesWhatCaffeCannotTake) {
  const auto problem = [this](const std::string& record) {
    EXPECT_FALSE(parse(record));
    return problem_;
  };
  EXPECT_TRUE(mentions(problem("\xff"), "it is no Datum"));
  EXPECT_TRUE(mentions(problem(""), "its shape is 0 x 0 x 0"));
  // 2^30 x 2^30 x 16, whose product is 0 in 64 bits.
  EXPECT_TRUE(mentions(problem("\x08\x80\x80\x80\x80\x04\x10\x80\x80\x80\x80\x04\x18\x10"),
                       "its shape is"));
  EXPECT_TRUE(mentions(problem(std::string("\x08\x01\x10\x01\x18\x02\x22\x01x", 9)),
                       "it holds 1 value, its shape 1 x 1 x 2 wants 2"));
  EXPECT_TRUE(mentions(problem(encoded_record("no image")), "its encoded image cannot be used"));
}

}  // namespace
}  // namespace caffe_multilabel
