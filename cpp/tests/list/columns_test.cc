#include "list/columns.h"

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <vector>

namespace caffe_multilabel {
namespace {

TextColumns read(RowCutter cutter, size_t width) { return read_columns(&cutter, width); }

TEST(TextColumn, KeepsEachTextOnceInTheOrderOfItsFirstRow) {
  TextColumn column;
  for (const char* text : {"red", "red", "", "blue", "red", ""}) column.add(text);
  EXPECT_EQ(column.texts(), (std::vector<std::string_view>{"red", "", "blue"}));
  EXPECT_EQ(column.codes(), (std::vector<int32_t>{0, 0, 1, 2, 0, 1}));
}

TEST(TextColumn, TellsManyTextsApart) {
  std::vector<std::string> texts;
  for (int number = 0; number < 10000; ++number) texts.push_back(std::to_string(number % 7000));
  TextColumn column;
  for (const std::string& text : texts) column.add(text);
  ASSERT_EQ(column.texts().size(), 7000U);
  for (size_t row = 0; row < texts.size(); ++row) {
    ASSERT_EQ(column.codes()[row], static_cast<int32_t>(row % 7000));
    ASSERT_EQ(column.texts()[row % 7000], texts[row]);
  }
}

TEST(ReadColumns, GivesRowsThatFitAndTheOthers) {
  const TextColumns table = read(RowCutter("a,1\nb\n\nc,1\nd,2,3\n", {}), 2);
  ASSERT_EQ(table.columns.size(), 2U);
  EXPECT_EQ(table.columns[0].texts(), (std::vector<std::string_view>{"a", "c"}));
  EXPECT_EQ(table.columns[1].codes(), (std::vector<int32_t>{0, 0}));
  EXPECT_EQ(table.lines, (std::vector<int64_t>{1, 4}));
  EXPECT_EQ(table.misfit_count, 2U);
  EXPECT_EQ(table.misfits[0].line, 2);
  EXPECT_EQ(table.misfits[1].cells, (std::vector<std::string>{"d", "2", "3"}));
}

TEST(ReadColumns, KeepsTheFirstMisfitsAndCountsAll) {
  std::string text;
  for (int row = 0; row < 60; ++row) text += "a,b,c\n";
  const TextColumns table = read(RowCutter(text, {}), 2);
  EXPECT_EQ(table.misfits.size(), TextColumns::kKeptMisfits);
  EXPECT_EQ(table.misfit_count, 60U);
  EXPECT_TRUE(table.lines.empty());
}

}  // namespace
}  // namespace caffe_multilabel
