#include "record/datum.h"

#include <gtest/gtest.h>

#include <climits>
#include <cstring>
#include <optional>
#include <string>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

std::string bytes(std::initializer_list<int> values) {
  std::string text;
  for (const int value : values) text += static_cast<char>(value);
  return text;
}

std::string raw(ImageDatum* datum, const Shape& shape, std::string_view pixels, int32_t label) {
  std::memcpy(datum->begin_raw(shape), pixels.data(), pixels.size());
  return std::string(datum->finish(label));
}

std::string encoded(ImageDatum* datum, std::string_view image, int32_t label) {
  std::memcpy(datum->begin_encoded(image.size()), image.data(), image.size());
  return std::string(datum->finish(label));
}

TEST(Shape, IsWrittenChannelsFirst) {
  EXPECT_EQ(to_string(Shape{3, 256, 128}), "3 x 256 x 128");
  EXPECT_EQ((Shape{3, 256, 128}).size(), size_t{3 * 256 * 128});
  EXPECT_EQ((Shape{1, 65536, 65536}).size(), size_t{1} << 32U);
}

TEST(ImageDatum, OfPixelsHasTheseBytes) {
  ImageDatum datum;
  EXPECT_EQ(raw(&datum, {1, 1, 2}, "\x07\xff", 3),
            bytes({0x08, 1, 0x10, 1, 0x18, 2, 0x22, 2, 0x07, 0xff, 0x28, 3, 0x38, 0}));
}

TEST(ImageDatum, OfAnEncodedImageHasTheseBytes) {
  ImageDatum datum;
  EXPECT_EQ(encoded(&datum, "abc", 300),
            bytes({0x22, 3, 'a', 'b', 'c', 0x28, 0xac, 0x02, 0x38, 1}));
}

TEST(ImageDatum, WritesANegativeLabelInTenBytes) {
  ImageDatum datum;
  const std::string tail =
      bytes({0x28, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01, 0x38, 1});
  EXPECT_EQ(encoded(&datum, "", -1), bytes({0x22, 0}) + tail);
  DatumView view;
  std::string problem;
  const std::string lowest = encoded(&datum, "", INT_MIN);
  ASSERT_TRUE(parse_datum(lowest, &view, &problem));
  EXPECT_EQ(view.label, INT_MIN);
}

TEST(ImageDatum, WritesAZeroLabelOut) {
  ImageDatum datum;
  EXPECT_EQ(encoded(&datum, "", 0), bytes({0x22, 0, 0x28, 0, 0x38, 1}));
}

TEST(ImageDatum, IsTheSameAfterLargerAndSmallerOnes) {
  ImageDatum fresh;
  const std::string wanted = raw(&fresh, {1, 1, 2}, "ab", 1);
  ImageDatum used;
  raw(&used, {3, 100, 100}, std::string(30000, 'x'), -1);
  encoded(&used, "y", -1);
  EXPECT_EQ(raw(&used, {1, 1, 2}, "ab", 1), wanted);
  used.release_if_above(100);
  EXPECT_EQ(raw(&used, {1, 1, 2}, "ab", 1), wanted);
}

// Numbers around the places where a length takes a byte more.
TEST(ImageDatum, IsReadBackAtEverySize) {
  ImageDatum datum;
  for (const int width : {1, 127, 128, 129, 16383, 16384, 2097151, 2097152}) {
    const std::string pixels(static_cast<size_t>(width), 'p');
    const std::string value = raw(&datum, {1, 1, width}, pixels, 5);
    DatumView view;
    std::string problem;
    ASSERT_TRUE(parse_datum(value, &view, &problem)) << width;
    EXPECT_EQ(view.shape, (Shape{1, 1, width}));
    EXPECT_TRUE(same_bytes(view.data, pixels));
    EXPECT_EQ(view.label, 5);
    EXPECT_FALSE(view.encoded);
  }
}

TEST(LabelDatum, HasUnpackedFloatsAndNothingElse) {
  const float labels[] = {1, -2};
  std::string value = "what was there";
  write_label_datum({2, 1, 1}, labels, std::nullopt, &value);
  EXPECT_EQ(value, bytes({0x08, 2, 0x10, 1, 0x18, 1,        //
                          0x35, 0x00, 0x00, 0x80, 0x3f,     // 1.0
                          0x35, 0x00, 0x00, 0x00, 0xc0}));  // -2.0
}

TEST(LabelDatum, CarriesARecordNumberBetweenItsShapeAndItsLabels) {
  const float labels[] = {1};
  std::string value;
  write_label_datum({1, 1, 1}, labels, 7, &value);
  DatumView view;
  std::string problem;
  ASSERT_TRUE(parse_datum(value, &view, &problem));
  EXPECT_EQ(view.label, 7);
  EXPECT_EQ(view.values(), (std::vector<float>{1}));
}

TEST(LabelDatum, KeepsItsShape) {
  const float labels[] = {0, 1, 2, 3, 4, 5};
  std::string value;
  write_label_datum({1, 2, 3}, labels, std::nullopt, &value);
  DatumView view;
  std::string problem;
  ASSERT_TRUE(parse_datum(value, &view, &problem));
  EXPECT_EQ(view.shape, (Shape{1, 2, 3}));
  EXPECT_EQ(view.values(), (std::vector<float>{0, 1, 2, 3, 4, 5}));
}

}  // namespace
}  // namespace caffe_multilabel
