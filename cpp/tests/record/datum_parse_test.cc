// Reading of Datums, whoever wrote them, and of bytes that are none.
#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "record/datum.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class ParseDatumTest : public testing::Test {
 protected:
  // Parses a copy that ends where its memory ends, so that AddressSanitizer sees a byte too many.
  bool parse(std::string_view value) {
    copy_.assign(value.begin(), value.end());
    copy_.shrink_to_fit();
    return parse_datum({copy_.data(), copy_.size()}, &view_, &problem_);
  }

  void refuse(std::string_view value) {
    problem_.clear();
    EXPECT_FALSE(parse(value));
    EXPECT_TRUE(mentions(problem_, "is no Datum"));
  }

  std::vector<char> copy_;
  DatumView view_;
  std::string problem_;
};

// Every field, and a negative label: 1 x 1 x 2, "ab", -1, {1.0}, true.
const std::string kAllFields(
    "\x08\x01\x10\x01\x18\x02\x22\x02"
    "ab\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01\x35\x00\x00\x80\x3f\x38\x01",
    28);

TEST_F(ParseDatumTest, ReadsEveryField) {
  ASSERT_TRUE(parse(kAllFields)) << problem_;
  EXPECT_EQ(view_.shape, (Shape{1, 1, 2}));
  EXPECT_EQ(view_.data, "ab");
  EXPECT_EQ(view_.label, -1);
  EXPECT_EQ(view_.float_data, std::vector<float>{1});
  EXPECT_TRUE(view_.encoded);
}

TEST_F(ParseDatumTest, TakesNothingForAnEmptyDatum) {
  ASSERT_TRUE(parse(kAllFields));
  ASSERT_TRUE(parse(""));
  EXPECT_EQ(view_.shape, Shape{});
  EXPECT_TRUE(view_.data.empty());
  EXPECT_EQ(view_.label, 0);
  EXPECT_TRUE(view_.float_data.empty());
  EXPECT_FALSE(view_.encoded);
}

TEST_F(ParseDatumTest, ReadsPackedFloats) {
  ASSERT_TRUE(parse(std::string("\x32\x08\x00\x00\x80\x3f\x00\x00\x00\xc0", 10)));
  EXPECT_EQ(view_.float_data, (std::vector<float>{1, -2}));
}

TEST_F(ParseDatumTest, JoinsPackedAndUnpackedFloats) {
  ASSERT_TRUE(
      parse(std::string("\x35\x00\x00\x80\x3f\x32\x04\x00\x00\x00\xc0\x35\x00\x00\x00\x00", 16)));
  EXPECT_EQ(view_.float_data, (std::vector<float>{1, -2, 0}));
}

TEST_F(ParseDatumTest, PassesOverUnknownFields) {
  // Field 8 as varint, 9 as fixed64, 10 as bytes, 11 as fixed32, then a label.
  ASSERT_TRUE(
      parse(std::string("\x40\x96\x01\x49\x01\x02\x03\x04\x05\x06\x07\x08\x52\x02xy"
                        "\x5d\x01\x02\x03\x04\x28\x07",
                        23)))
      << problem_;
  EXPECT_EQ(view_.label, 7);
}

TEST_F(ParseDatumTest, PassesOverKnownFieldsOfAnotherType) {
  // channels as bytes, float_data as varint.
  ASSERT_TRUE(parse(std::string("\x0a\x01x\x30\x05\x28\x07", 7))) << problem_;
  EXPECT_EQ(view_.shape.channels, 0);
  EXPECT_TRUE(view_.float_data.empty());
  EXPECT_EQ(view_.label, 7);
}

TEST_F(ParseDatumTest, LastOfTwoWins) {
  ASSERT_TRUE(parse("\x28\x01\x28\x02\x22\x01x\x22\x01y"));
  EXPECT_EQ(view_.label, 2);
  EXPECT_EQ(view_.data, "y");
}

TEST_F(ParseDatumTest, TakesABoolOfSeveralBytes) {
  ASSERT_TRUE(parse(std::string("\x38\x80\x00", 3)));
  EXPECT_FALSE(view_.encoded);
  ASSERT_TRUE(parse("\x38\x80\x01"));
  EXPECT_TRUE(view_.encoded);
}

TEST_F(ParseDatumTest, NeverReadsBehindAPrefix) {
  int accepted = 0;
  for (size_t size = 0; size <= kAllFields.size(); ++size) {
    accepted += parse(std::string_view(kAllFields).substr(0, size));
  }
  EXPECT_EQ(accepted, 8);  // nothing, and the end of each field
}

TEST_F(ParseDatumTest, RefusesALengthBeyondTheEnd) {
  refuse(
      "\x22\x03"
      "ab");
  refuse(
      "\x22\xff\xff\xff\xff\x0f"
      "ab");
  refuse(
      "\x22\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
      "ab");
}

TEST_F(ParseDatumTest, RefusesAnEndlessVarint) {
  refuse("\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  refuse("\x28\xff");
}

TEST_F(ParseDatumTest, RefusesPackedFloatsOfABrokenLength) {
  refuse(
      "\x32\x03"
      "abc");
}

TEST_F(ParseDatumTest, RefusesFieldZero) { refuse(std::string("\x00\x01", 2)); }

TEST_F(ParseDatumTest, RefusesAnUnknownWireType) { refuse("\x46\x01"); }

TEST(DatumValues, AreDataAsUnsignedBytesIfThereIsAny) {
  DatumView view;
  view.data = "\x01\xff";
  view.float_data = {5};
  EXPECT_EQ(view.value_count(), 2U);
  EXPECT_EQ(view.values(), (std::vector<float>{1, 255}));
}

TEST(DatumValues, AreTheFloatsWithoutData) {
  DatumView view;
  view.float_data = {5, -1};
  EXPECT_EQ(view.value_count(), 2U);
  EXPECT_EQ(view.values(), (std::vector<float>{5, -1}));
}

}  // namespace
}  // namespace caffe_multilabel
