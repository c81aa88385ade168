#include "list/rows.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/error.h"

namespace caffe_multilabel {
namespace {

// Each row as "line|cell|cell".
std::vector<std::string> cut(std::string_view text, const RowDialect& dialect = {},
                             int64_t first_line = 1) {
  RowCutter cutter(text, dialect, first_line);
  std::vector<std::string> rows;
  std::vector<std::string_view> cells;
  while (cutter.next(&cells)) {
    std::string row = std::to_string(cutter.line());
    for (const std::string_view cell : cells) row.append("|").append(cell);
    rows.push_back(row);
  }
  return rows;
}

using Rows = std::vector<std::string>;

RowDialect between_blanks() { return {0, {".jpg", ".png"}}; }

// The line at which a text cannot be cut.
int64_t bad_line(std::string_view text) {
  try {
    cut(text);
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kList);
    return error.line();
  }
  return 0;
}

TEST(RowCutter, CutsAtSeparatorsAndAnyLineEnd) {
  EXPECT_EQ(cut("a,b\nc,d\r\ne,f\rg,h"), (Rows{"1|a|b", "2|c|d", "3|e|f", "4|g|h"}));
  EXPECT_EQ(cut("a;b,c\n", {';', {}}), (Rows{"1|a|b,c"}));
  EXPECT_EQ(cut("a,\n,\n,b"), (Rows{"1|a|", "2||", "3||b"}));
  EXPECT_EQ(cut("a, b , c", {}, 7), (Rows{"7|a|b |c"}));
}

TEST(RowCutter, PassesOverBlankRows) {
  EXPECT_EQ(cut("\n\r\na\n  \n\"\"\n\t\r\r\nb\n\n"), (Rows{"3|a", "8|b"}));
  EXPECT_EQ(cut(""), Rows{});
}

TEST(RowCutter, TakesQuotesOffAndKeepsWhatIsInThem) {
  EXPECT_EQ(cut("\"a,b\",\"c \"\"d\"\"\",  \"\"\ne\n"), (Rows{"1|a,b|c \"d\"|", "2|e"}));
  EXPECT_EQ(cut("\"\"\"\",\"x\"\"\"\"y\""), (Rows{"1|\"|x\"\"y"}));
  EXPECT_EQ(cut("5\" nail,b\"\n"), (Rows{"1|5\" nail|b\""}));
}

TEST(RowCutter, CountsLinesInsideQuotes) {
  EXPECT_EQ(cut("\"a\nb\rc\r\nd\",e\nf,g"), (Rows{"1|a\nb\rc\r\nd|e", "5|f|g"}));
}

TEST(RowCutter, RefusesQuotesThatDoNotFit) {
  EXPECT_EQ(bad_line("a,b\n\"c,d\ne,f\n"), 2);
  EXPECT_EQ(bad_line("a,b\n\"c\"d,e\n"), 2);
  EXPECT_EQ(bad_line("\""), 1);
  EXPECT_EQ(bad_line("\"a\"\"\n"), 1);
  EXPECT_EQ(bad_line("a\n\"b\" ,c"), 2);
}

TEST(RowCutter, LetsAPathBetweenBlanksEndWhereTheNameOfAnImageDoes) {
  EXPECT_EQ(cut("my  a.JPG\t1 2\nb.png 3\n  c 4  \n\n", between_blanks()),
            (Rows{"1|my  a.JPG|1|2", "2|b.png|3", "3|c|4"}));
  EXPECT_EQ(cut("\"a b.jpg\" 1", between_blanks()), (Rows{"1|\"a|b.jpg\"|1"}));
}

TEST(RowCutter, KeepsUnquotedCellsAsLongAsItLives) {
  RowCutter cutter("\"\"\"1\"\"\"\n\"\"\"2\"\"\"\n", {});
  std::vector<std::string_view> first;
  std::vector<std::string_view> second;
  ASSERT_TRUE(cutter.next(&first));
  ASSERT_TRUE(cutter.next(&second));
  EXPECT_EQ(first.front(), "\"1\"");
  EXPECT_EQ(second.front(), "\"2\"");
}

}  // namespace
}  // namespace caffe_multilabel
