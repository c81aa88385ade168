#include "base/text.h"

#include <gtest/gtest.h>

#include <string>

namespace caffe_multilabel {
namespace {

TEST(Printable, EscapesControlCharactersOnly) {
  EXPECT_EQ(printable("a b\n\x1b[0m\x7f"), "a b\\x0a\\x1b[0m\\x7f");
  EXPECT_EQ(printable(std::string("a\0b", 3)), "a\\x00b");
  EXPECT_EQ(printable("日本語.png"), "日本語.png");
}

TEST(NumberText, IsTheShortestThatReadsBack) {
  EXPECT_EQ(number_text(0.1F), "0.1");
  EXPECT_EQ(number_text(-2), "-2");
  EXPECT_EQ(number_text(16777216), "16777216");
}

}  // namespace
}  // namespace caffe_multilabel
