#include "list/format.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace caffe_multilabel {
namespace {

using Fields = std::vector<std::string>;

// The path and then the labels, or what is wrong.
Fields cut(std::string_view line, ListFormat format, size_t label_count = 0) {
  ListFields fields;
  std::string problem;
  if (!cut_line(line, format, label_count, &fields, &problem)) return {problem};
  Fields all{std::string(fields.path)};
  all.insert(all.end(), fields.labels.begin(), fields.labels.end());
  return all;
}

TEST(DetectFormat, FollowsTheFileName) {
  EXPECT_EQ(detect_format("a.csv", "a b 1"), ListFormat::kCsv);
  EXPECT_EQ(detect_format("a.CSV", "a\t1"), ListFormat::kCsv);
  EXPECT_EQ(detect_format("a.tsv", "a,1"), ListFormat::kTab);
}

TEST(DetectFormat, FollowsTheFirstLineOfOtherFiles) {
  EXPECT_EQ(detect_format("a.txt", "a b.jpg\t1\t2"), ListFormat::kTab);
  EXPECT_EQ(detect_format("a.txt", "a b.jpg,1,2"), ListFormat::kCsv);
  EXPECT_EQ(detect_format("a.txt", "a.jpg, 1, 2"), ListFormat::kCsv);
  EXPECT_EQ(detect_format("a.txt", "a.jpg 1 2"), ListFormat::kSpace);
  EXPECT_EQ(detect_format("-", "a.jpg"), ListFormat::kSpace);
  EXPECT_EQ(detect_format("csv", ""), ListFormat::kSpace);
}

TEST(DetectFormat, LeavesCommasAndTabsOfANameAlone) {
  EXPECT_EQ(detect_format("a.txt", "portrait, left.jpg 1 2"), ListFormat::kSpace);
  EXPECT_EQ(detect_format("a.txt", "a.jpg\t1 2"), ListFormat::kSpace);
}

TEST(CutSpace, TakesTheLastFieldsAsLabels) {
  EXPECT_EQ(cut("a.jpg 1 2", ListFormat::kSpace, 2), (Fields{"a.jpg", "1", "2"}));
  EXPECT_EQ(cut("  a.jpg \t 1  2  ", ListFormat::kSpace, 2), (Fields{"a.jpg", "1", "2"}));
}

TEST(CutSpace, LeavesBlanksInThePath) {
  EXPECT_EQ(cut("sub dir/a  b 1.jpg 1 2", ListFormat::kSpace, 2),
            (Fields{"sub dir/a  b 1.jpg", "1", "2"}));
}

TEST(CutSpace, SaysHowManyLabelsThereAre) {
  EXPECT_EQ(cut("a.jpg 1", ListFormat::kSpace, 3), Fields{"has 1 label, want 3"});
  EXPECT_EQ(cut("a.jpg", ListFormat::kSpace, 1), Fields{"has 0 labels, want 1"});
  EXPECT_EQ(cut("", ListFormat::kSpace, 1), Fields{"has 0 labels, want 1"});
}

TEST(CutTab, CutsAtTabsAndTrimsBlanks) {
  EXPECT_EQ(cut("a b.jpg\t1\t 2 ", ListFormat::kTab), (Fields{"a b.jpg", "1", "2"}));
  EXPECT_EQ(cut("a.jpg", ListFormat::kTab), Fields{"a.jpg"});
}

TEST(CutTab, KeepsEmptyFields) {
  EXPECT_EQ(cut("a.jpg\t\t2\t", ListFormat::kTab), (Fields{"a.jpg", "", "2", ""}));
}

TEST(CutTab, KnowsNoQuotes) { EXPECT_EQ(cut("\"a\t1", ListFormat::kTab), (Fields{"\"a", "1"})); }

TEST(CutCsv, CutsAtCommas) {
  EXPECT_EQ(cut("a b.jpg, 1,2", ListFormat::kCsv), (Fields{"a b.jpg", "1", "2"}));
  EXPECT_EQ(cut("a.jpg,,2,", ListFormat::kCsv), (Fields{"a.jpg", "", "2", ""}));
}

TEST(CutCsv, ResolvesQuotes) {
  EXPECT_EQ(cut("\"a,b.jpg\",\"1\",2", ListFormat::kCsv), (Fields{"a,b.jpg", "1", "2"}));
  EXPECT_EQ(cut("\"say \"\"x\"\".jpg\",1", ListFormat::kCsv), (Fields{"say \"x\".jpg", "1"}));
  EXPECT_EQ(cut("\" a \" , \"1\" ", ListFormat::kCsv), (Fields{" a ", "1"}));
  EXPECT_EQ(cut("\"\",1", ListFormat::kCsv), (Fields{"", "1"}));
}

TEST(CutCsv, KeepsEmptyFieldsBesideQuotes) {
  EXPECT_EQ(cut("\"a\",,2,", ListFormat::kCsv), (Fields{"a", "", "2", ""}));
}

TEST(CutCsv, KeepsAQuoteInsideAField) {
  EXPECT_EQ(cut("5\" disk.jpg,1", ListFormat::kCsv), (Fields{"5\" disk.jpg", "1"}));
}

TEST(CutCsv, RefusesAnOpenQuote) {
  EXPECT_EQ(cut("\"a.jpg,1", ListFormat::kCsv), Fields{"a quote is not closed on its line"});
  EXPECT_EQ(cut("a,\"", ListFormat::kCsv), Fields{"a quote is not closed on its line"});
}

TEST(CutCsv, RefusesTextAfterAClosingQuote) {
  EXPECT_EQ(cut("\"a\"b,1", ListFormat::kCsv), Fields{"text follows a closing quote"});
}

TEST(Trim, TakesBlanksOffBothEnds) {
  EXPECT_EQ(trim(" \t a b \v\f"), "a b");
  EXPECT_EQ(trim(" \t"), "");
}

TEST(BlankFields, AreWhatStandsBetweenBlanks) {
  const auto fields = blank_fields("  a\t b  c ");
  EXPECT_EQ(Fields(fields.begin(), fields.end()), (Fields{"a", "b", "c"}));
  EXPECT_TRUE(blank_fields(" ").empty());
}

}  // namespace
}  // namespace caffe_multilabel
