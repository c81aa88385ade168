#include "list/cells.h"

#include <gtest/gtest.h>

#include <vector>

#include "base/error.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

CellColumn color(const int32_t* codes) {
  CellColumn column{"color", {}, {"red", "blu", ""}, codes};
  column.rule.task = "color";
  column.rule.kind = LabelRule::Kind::kClass;
  column.rule.classes = 2;
  column.rule.names = {{"red", 0.0F}, {"blue", 1.0F}};
  return column;
}

TEST(CellsTest, TextsAreReadByTheRuleOfTheirColumn) {
  const std::vector<int32_t> reds = {0, 0};
  const std::vector<int32_t> sizes = {1, 0};
  const std::vector<uint32_t> lines = {2, 5};
  const CellColumn size{"size", {}, {"0.5", "7"}, sizes.data()};
  const RecordList records =
      make_list({"list.csv", "line", lines.data()}, {"a.jpg", "b.jpg"}, {color(reds.data()), size});
  EXPECT_EQ(records.size(), 2U);
  EXPECT_EQ(records.labels(0)[0], 0.0F);
  EXPECT_EQ(records.labels(0)[1], 7.0F);
  EXPECT_EQ(records.labels(1)[1], 0.5F);
  EXPECT_EQ(records.line(1), 5U);
  EXPECT_EQ(records.repeated_paths(), 0U);
}

TEST(CellsTest, ATextThatIsNoLabelIsSaidWithEachOfItsLines) {
  const std::vector<int32_t> codes = {0, 1, 2, 1};
  const std::vector<uint32_t> lines = {2, 3, 5, 9};
  try {
    make_list({"list.csv", "line", lines.data()}, {"a", "b", "c", "d"}, {color(codes.data())});
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.kind(), ErrorKind::kList);
    EXPECT_TRUE(mentions(error.what(), "list.csv: 3 bad lines\n  line 3: "));
    EXPECT_TRUE(mentions(error.what(), "column 'color': 'blu' is not a number"));
    EXPECT_TRUE(mentions(error.what(), "did you mean 'blue'?\n  line 5: column 'color': ''"));
    EXPECT_TRUE(mentions(error.what(), "line 9: column 'color': 'blu'"));
  }
}

TEST(CellsTest, NamesWithoutATaskSayWhatTakesThem) {
  const std::vector<int32_t> codes = {0};
  const std::vector<uint32_t> lines = {1};
  const CellColumn column{"", {}, {"red"}, codes.data()};
  try {
    make_list({"records", "record", lines.data()}, {"a"}, {column});
    FAIL();
  } catch (const Error& error) {
    EXPECT_TRUE(mentions(error.what(), "record 1: label 1: 'red' is not a number; names of"));
  }
}

TEST(CellsTest, RepeatedPathsAreCounted) {
  const std::vector<int32_t> codes = {0, 0, 0};
  const std::vector<uint32_t> lines = {1, 2, 3};
  const auto records =
      make_list({"list", "line", lines.data()}, {"a", "b", "a"}, {color(codes.data())});
  EXPECT_EQ(records.repeated_paths(), 1U);
}

}  // namespace
}  // namespace caffe_multilabel
