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

TEST(InQuotes, ShowsAllOfWhatFitsALine) {
  EXPECT_EQ(in_quotes(""), "''");
  EXPECT_EQ(in_quotes("a\tb"), "'a\\x09b'");
  EXPECT_EQ(in_quotes(std::string(100, 'x')), "'" + std::string(100, 'x') + "'");
}

TEST(InQuotes, CutsTheRestAndSaysHowLongItIs) {
  EXPECT_EQ(in_quotes(std::string(101, 'x')), "'" + std::string(60, 'x') + "...' (101 bytes)");
  const std::string wide = "x" + std::string(59, 'y') + "\xe6\x97\xa5" + std::string(60, 'z');
  EXPECT_EQ(in_quotes(wide), "'x" + std::string(59, 'y') + "...' (123 bytes)");
  EXPECT_EQ(in_quotes(wide.substr(1)), "'" + std::string(59, 'y') + "...' (122 bytes)");
  EXPECT_EQ(in_quotes(std::string(200, '\x80')).substr(0, 3), "'\x80\x80");
}

TEST(Counted, GoesWithItsNounAndVerb) {
  EXPECT_EQ(counted(1, "line"), "1 line");
  EXPECT_EQ(counted(0, "line"), "0 lines");
  EXPECT_EQ(counted(2, "bad line"), "2 bad lines");
  EXPECT_EQ(counted(1, "entry", "entries"), "1 entry");
  EXPECT_EQ(counted(3, "entry", "entries"), "3 entries");
  EXPECT_STREQ(by_count(1, "has", "have"), "has");
  EXPECT_STREQ(by_count(0, "has", "have"), "have");
}

TEST(NumberText, IsTheShortestThatReadsBack) {
  EXPECT_EQ(number_text(0.1F), "0.1");
  EXPECT_EQ(number_text(-2), "-2");
  EXPECT_EQ(number_text(16777216), "16777216");
}

}  // namespace
}  // namespace caffe_multilabel
