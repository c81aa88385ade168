#include "record/key.h"

#include <gtest/gtest.h>

#include <optional>
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
  ASSERT_TRUE(parse_key(image));
  EXPECT_EQ(parse_key(image)->kind, KeyKind::kImage);
  EXPECT_EQ(parse_key(image)->index, 42U);
  EXPECT_EQ(parse_key(image)->path, "a_b/c.jpg");
  const std::string label = label_key(43, "");
  ASSERT_TRUE(parse_key(label));
  EXPECT_EQ(parse_key(label)->kind, KeyKind::kLabel);
  EXPECT_EQ(parse_key(label)->index, 43U);
  EXPECT_EQ(parse_key(label)->path, "");
}

TEST(Key, OfAnotherFormIsNotTakenApart) {
  EXPECT_FALSE(parse_key(""));
  EXPECT_FALSE(parse_key("00000000"));
  EXPECT_FALSE(parse_key("0000000_a"));
  EXPECT_FALSE(parse_key("0000000x_a"));
  EXPECT_FALSE(parse_key("-0000001_a"));
  EXPECT_FALSE(parse_key("00000000-a"));
  EXPECT_FALSE(parse_key("00000000label"));
}

TEST(Key, HasOneKind) {
  EXPECT_EQ(parse_key("00000000label_a")->kind, KeyKind::kLabel);
  EXPECT_EQ(parse_key("00000000_a")->kind, KeyKind::kImage);
  EXPECT_EQ(parse_key("00000000_label_a")->kind, KeyKind::kImage);
  EXPECT_EQ(parse_key("00000000_label_a")->path, "label_a");
}

TEST(Key, BeginsWithANumberOfAnyWidth) {
  for (const char* key : {"12", "00000012", "000000012", "12.png", "0012_a", "00000012_a7.jpg",
                          "00000012label_a7.jpg"}) {
    EXPECT_EQ(key_number(key), "12") << key;
  }
  EXPECT_EQ(key_number("0"), "0");
  EXPECT_EQ(key_number("00000000"), "0");
  EXPECT_EQ(key_number("000123456789012345678901234567890"), "123456789012345678901234567890");
}

TEST(Key, HoldsNoNumberWhereMoreMayTellItsRecord) {
  for (const char* key : {"", "a12", "-1", "5_17", "00012_a7.jpg", "3f", "12th"}) {
    EXPECT_EQ(key_number(key), std::nullopt) << key;
  }
}

TEST(Key, IsANameWithANumberAtItsEnd) {
  for (const char* key : {"img_12", "img_00012", "img_12.jpg", "img_0012.jpeg", "img_12.jp2"}) {
    const auto name = numbered_name(key);
    ASSERT_TRUE(name) << key;
    EXPECT_EQ(name->stem, "img_") << key;
    EXPECT_EQ(name->number, "12") << key;
  }
  EXPECT_EQ(numbered_name("a/b.c/img_0.png")->stem, "a/b.c/img_");
  EXPECT_EQ(numbered_name("a/b.c/img_00.png")->number, "0");
  EXPECT_EQ(numbered_name("v1.10")->stem, "v1.");  // no extension
  EXPECT_EQ(numbered_name("v1.10")->number, "10");
  EXPECT_EQ(numbered_name("5_17")->stem, "5_");
  EXPECT_EQ(numbered_name("17.png")->stem, "");
}

TEST(Key, IsANameWithoutANumberAtItsEnd) {
  for (const char* key : {"", ".", "cat", "cat.jpg", "12th", "img_12_left.jpg", "a1.labels", "a1.",
                          "a1.b-c", "a1.b.c"}) {
    EXPECT_FALSE(numbered_name(key)) << key;
  }
}

TEST(Key, TellsTheRecordWhateverItsKind) {
  const auto same = [](const std::string& a, const std::string& b) {
    return same_record(*parse_key(a), *parse_key(b));
  };
  EXPECT_TRUE(same(image_key(7, "a"), label_key(7, "a")));
  EXPECT_FALSE(same(image_key(7, "a"), label_key(8, "a")));
  EXPECT_FALSE(same(image_key(7, "a"), label_key(7, "b")));
}

}  // namespace
}  // namespace caffe_multilabel
