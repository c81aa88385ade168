#include "record/key.h"

#include <gtest/gtest.h>

#include <string>

namespace caffe_multilabel {
namespace {

TEST(Key, HasEightDigitsAMarkAndThePath) {
  EXPECT_EQ(image_key(0, "a.jpg"), "00000000_a.jpg");
  EXPECT_EQ(label_key(0, "a.jpg"), "00000000label_a.jpg");
  EXPECT_EQ(image_key(12345678, "sub dir/a b.jpg"), "12345678_sub dir/a b.jpg");
}

TEST(Key, SortsAsTheIndexUpToTheLastRecord) {
  EXPECT_EQ(image_key(kMaxRecords - 1, "a"), "99999999_a");
  EXPECT_LT(image_key(9, "z"), image_key(10, "a"));
  EXPECT_LT(label_key(99'999, "z"), label_key(100'000, "a"));
}

TEST(Key, IsTakenApartAgain) {
  const std::string image = image_key(42, "a_b/c.jpg");
  ASSERT_TRUE(parse_image_key(image));
  EXPECT_EQ(parse_image_key(image)->index, 42U);
  EXPECT_EQ(parse_image_key(image)->path, "a_b/c.jpg");
  const std::string label = label_key(43, "");
  ASSERT_TRUE(parse_label_key(label));
  EXPECT_EQ(parse_label_key(label)->index, 43U);
  EXPECT_EQ(parse_label_key(label)->path, "");
}

TEST(Key, OfAnotherFormIsNotTakenApart) {
  EXPECT_FALSE(parse_image_key(""));
  EXPECT_FALSE(parse_image_key("0000000_a"));
  EXPECT_FALSE(parse_image_key("0000000x_a"));
  EXPECT_FALSE(parse_image_key("-0000001_a"));
  EXPECT_FALSE(parse_image_key("00000000-a"));
  EXPECT_FALSE(parse_image_key("00000000label_a"));
  EXPECT_FALSE(parse_label_key("00000000_a"));
  EXPECT_FALSE(parse_label_key("00000000label"));
}

TEST(Printable, EscapesControlCharactersOnly) {
  EXPECT_EQ(printable("a b\n\x1b[0m\x7f"), "a b\\x0a\\x1b[0m\\x7f");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("日本語.png"), "日本語.png");
}

}  // namespace
}  // namespace caffe_multilabel
