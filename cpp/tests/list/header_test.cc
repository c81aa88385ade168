// Headers of lists, and the rules of a task file over their columns.
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "list/file.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Names = std::vector<std::string>;
using Kind = LabelRule::Kind;

LabelRule rule_of(const std::string& task, Kind kind) {
  LabelRule rule;
  rule.task = task;
  rule.kind = kind;
  rule.classes = 2;
  return rule;
}

class ListHeaderTest : public testing::Test {
 protected:
  ParsedList read(std::string_view content) {
    write_file(directory_ / "list.txt", content);
    return read_list(directory_ / "list.txt", options_);
  }

  std::string refused(std::string_view content) {
    return error_of([&] { read(content); }).what();
  }

  TemporaryDirectory directory_;
  ListOptions options_;
};

TEST_F(ListHeaderTest, IsKeptAndIsNoRecord) {
  const ParsedList list = read("path,color,brand\na.jpg,1,2\n");
  EXPECT_EQ(list.header, (Names{"color", "brand"}));
  EXPECT_EQ(list.records.size(), 1U);
  EXPECT_EQ(list.records.line(0), 2U);
}

TEST_F(ListHeaderTest, MayCallAColumnByAWordThatSaysYes) {
  options_.rules = {rule_of("y", Kind::kBinary)};
  EXPECT_EQ(read("image,y\na.jpg,Y\n").header, Names{"y"});
  EXPECT_EQ(read("a,Y\nb,N\n").records.size(), 2U);
  EXPECT_EQ(read("a,y\nb,n\n").records.size(), 1U);
  options_.rules[0] = rule_of("y", Kind::kClass);
  options_.rules[0].names = {{"y", 0.0F}, {"z", 1.0F}};
  EXPECT_EQ(read("a,y\nb,z\n").records.size(), 2U);
}

TEST_F(ListHeaderTest, StandsInTabListsToo) {
  EXPECT_EQ(read("path\tcolor\na.jpg\t1\n").header, Names{"color"});
}

TEST_F(ListHeaderTest, MayFollowBlankLinesOnly) {
  EXPECT_EQ(read("\n\npath,color\na.jpg,1\n").header, Names{"color"});
  EXPECT_TRUE(mentions(refused("a.jpg,1\npath,color\n"), "line 2: label 1: 'color'"));
}

TEST_F(ListHeaderTest, IsNotWantedInSpaceLists) {
  EXPECT_TRUE(mentions(refused("path color\na.jpg 1\n"), "line 1: has 0 labels"));
}

TEST_F(ListHeaderTest, MustHaveAsManyNamesAsLabels) {
  options_.label_count = 2;
  EXPECT_TRUE(mentions(refused("path,color\na.jpg,1,2\n"), "the header has 1 label, want 2"));
}

TEST_F(ListHeaderTest, IsNoLineWithALabelInIt) {
  EXPECT_TRUE(mentions(refused("first,x,1\nb.jpg,1,2\n"), "line 1: label 1: 'x' is not a number"));
}

// Each of these would otherwise lose the first record without a word.
TEST_F(ListHeaderTest, IsNoBadFirstRecord) {
  EXPECT_TRUE(mentions(refused("first,nan\nb.jpg,1\n"), "line 1: label 1: 'nan' is not finite"));
  EXPECT_TRUE(mentions(refused("first,1e99\nb.jpg,1\n"), "line 1: label 1: '1e99' does not fit"));
  EXPECT_TRUE(mentions(refused("first,,x\nb.jpg,1,2\n"), "line 1: label 1: '' is not a number"));
  EXPECT_TRUE(mentions(refused("a.jpg,x\nb.jpg,1\n"), "line 1: label 1: 'x' is not a number"));
  EXPECT_TRUE(mentions(refused("dir/a,x\nb.jpg,1\n"), "line 1: label 1: 'x' is not a number"));
  for (const std::string sign : {"?", "-", "<NA>", "#N/A"}) {
    EXPECT_TRUE(mentions(refused("first," + sign + "," + sign + "\nb.jpg,1,2\n"),
                         "line 1: label 1: '" + sign + "' is not a number"));
    options_.rules = {rule_of("old", Kind::kBinary), rule_of("new", Kind::kBinary)};
    for (LabelRule& rule : options_.rules) rule.ignore = -1.0F;
    EXPECT_EQ(read("first," + sign + ",?\nb.jpg,1,0\n").records.size(), 2U);
    options_.rules.clear();
  }
}

TEST_F(ListHeaderTest, MayNameNorthAmerica) {
  EXPECT_EQ(read("image,EU,NA\na,1,2\n").header, (Names{"EU", "NA"}));
}

TEST_F(ListHeaderTest, ThatNamesTheTasksInOrderIsGood) {
  options_.rules = {rule_of("color", Kind::kClass), rule_of("flag", Kind::kBinary)};
  EXPECT_EQ(read("path,color,flag\na.jpg,1,0\n").header, (Names{"color", "flag"}));
  EXPECT_EQ(read("path,colour,any\na.jpg,1,0\n").records.size(), 1U);
}

TEST_F(ListHeaderTest, ThatNamesATaskOverAnotherColumnIsRefused) {
  options_.rules = {rule_of("color", Kind::kClass), rule_of("flag", Kind::kBinary)};
  EXPECT_TRUE(mentions(refused("path,flag,color\na.jpg,1,0\n"),
                       "column 1 is headed 'flag', but the task file gives it to task 'color'"));
  EXPECT_TRUE(mentions(refused("path,x,y,color\na.jpg,1,0,1\n"),
                       "column 3 is headed 'color', but the task file gives it to no task"));
}

TEST_F(ListHeaderTest, IsToldWhereItMayBeOne) {
  constexpr const char* kHint = "; if this line is a header, give --header=yes";
  EXPECT_TRUE(mentions(refused("path color\na.jpg 1\n"), kHint));
  EXPECT_TRUE(mentions(refused("path,color,2019\na.jpg,1,2\n"), kHint));
  options_.label_count = 2;
  EXPECT_TRUE(mentions(refused("path color age\na.jpg 1 2\n"), kHint));
  // Neither a file's name, nor a number that is none, nor a later line.
  EXPECT_FALSE(mentions(refused("b.jpg,x,y\na.jpg,1,2\n"), kHint));
  EXPECT_FALSE(mentions(refused("path,nan,1\na.jpg,1,2\n"), kHint));
  EXPECT_FALSE(mentions(refused("a.jpg,1,2\npath,color,age\n"), kHint));
  options_.header = HeaderLine::kNo;
  EXPECT_FALSE(mentions(refused("path color age\na.jpg 1 2\n"), kHint));
}

TEST_F(ListHeaderTest, ThatIsGivenMaySayAnything) {
  options_.header = HeaderLine::kYes;
  const ParsedList csv = read("\na.jpg,2019,\nb.jpg,3,4\n");
  EXPECT_EQ(csv.header, (Names{"2019", ""}));
  ASSERT_EQ(csv.records.size(), 1U);
  EXPECT_EQ(csv.records.path(0), "b.jpg");
  EXPECT_EQ(csv.records.line(0), 3U);
  EXPECT_EQ(read("path\tage\na.jpg\t1\n").header, Names{"age"});
  EXPECT_EQ(read("# path color age\na b.jpg 1 2\n").header, (Names{"color", "age"}));
}

TEST_F(ListHeaderTest, ThatIsGivenLeavesFormatAndLabelCountToTheFirstRecord) {
  options_.header = HeaderLine::kYes;
  EXPECT_EQ(read("path,car color\na.jpg,1\n").header, Names{"car color"});
  EXPECT_TRUE(mentions(refused("path,color\na.jpg,1,2\n"), "line 1: the header has 1 label"));
  EXPECT_TRUE(mentions(refused("color\na.jpg 1\n"), "line 1: the header: has 0 labels, want 1"));
  EXPECT_TRUE(mentions(refused("path,color\na.jpg\n"), "line 2: has 0 labels, want 1 or more"));
  EXPECT_TRUE(mentions(refused("path,color\n"), "holds no records"));
}

TEST_F(ListHeaderTest, ThatIsGivenMayNotContradictTheTasks) {
  options_.header = HeaderLine::kYes;
  options_.rules = {rule_of("color", Kind::kClass), rule_of("flag", Kind::kBinary)};
  EXPECT_EQ(read("path,colour,any\na.jpg,1,0\n").header, (Names{"colour", "any"}));
  EXPECT_TRUE(mentions(refused("path flag color\na.jpg 1 0\n"), "column 1 is headed 'flag'"));
}

TEST_F(ListHeaderTest, ThatIsDeniedIsARecord) {
  options_.header = HeaderLine::kNo;
  EXPECT_TRUE(mentions(refused("path,color\na.jpg,1\n"), "line 1: label 1: 'color' is not a num"));
  options_.rules = {rule_of("color", Kind::kClass)};
  options_.rules[0].names = {{"color", 0.0F}, {"gray", 1.0F}};
  EXPECT_EQ(read("path,color\na.jpg,gray\n").records.size(), 2U);
}

class ListRulesTest : public ListHeaderTest {
 protected:
  ListRulesTest() {
    options_.rules = {rule_of("color", Kind::kClass), rule_of("flag", Kind::kBinary)};
    options_.rules[0].names = {{"black", 0.0F}, {"pale blue", 1.0F}};
    options_.rules[1].mapping = {{-1.0F, 0.0F}};
  }
};

TEST_F(ListRulesTest, ReadClassNamesAndMapValues) {
  const ParsedList list = read("path,color,flag\na.jpg,pale blue,-1\nb.jpg,0,1\n");
  ASSERT_EQ(list.records.size(), 2U);
  EXPECT_EQ(list.records.labels(0)[0], 1);
  EXPECT_EQ(list.records.labels(0)[1], 0);
  EXPECT_EQ(list.records.labels(1)[0], 0);
}

TEST_F(ListRulesTest, TellAClassNameFromAHeader) {
  const ParsedList list = read("first,black,1\nb.jpg,0,1\n");
  EXPECT_TRUE(list.header.empty());
  EXPECT_EQ(list.records.size(), 2U);
}

TEST_F(ListRulesTest, TakeAHeaderOfOtherNamesWhereItIsGiven) {
  constexpr std::string_view kList = "image,colour,sign\na.jpg,pale blue,1\n";
  EXPECT_TRUE(mentions(refused(kList), "'pale blue'; if this line is a header"));
  EXPECT_FALSE(mentions(refused("a.jpg,blu,1\n"), "header"));
  options_.header = HeaderLine::kYes;
  EXPECT_EQ(read(kList).header, (Names{"colour", "sign"}));
  EXPECT_EQ(read(kList).records.size(), 1U);
}

TEST_F(ListRulesTest, CountClassNamesAsLabelsOfASpaceList) {
  const ParsedList list = read("a b.jpg black 1\nb.jpg 1 0\n");
  EXPECT_EQ(list.records.label_count(), 2U);
  EXPECT_EQ(list.records.path(0), "a b.jpg");
}

TEST_F(ListRulesTest, CountUnknownLabelsAsLabelsOfASpaceList) {
  for (LabelRule& rule : options_.rules) rule.ignore = -1.0F;
  const ParsedList list = read("a - b ? -\nb.jpg 1 0\n");
  EXPECT_EQ(list.records.label_count(), 2U);
  EXPECT_EQ(list.records.path(0), "a - b");
  EXPECT_EQ(list.records.labels(0)[1], -1.0F);
}

TEST_F(ListRulesTest, NameTheLineTheTaskAndTheValue) {
  EXPECT_TRUE(mentions(refused("a.jpg,0,1\nb.jpg,2,1\n"),
                       "line 2: label 1: task 'color': 2 is not allowed"));
  EXPECT_TRUE(mentions(refused("a.jpg,0,1\nb.jpg,red,1\n"),
                       "line 2: label 1: 'red' is not a number and no class name of task 'color'"));
}

TEST_F(ListRulesTest, LeaveFurtherColumnsFree) {
  EXPECT_EQ(read("a.jpg,0,1,77.5\n").records.labels(0)[2], 77.5F);
}

TEST_F(ListRulesTest, WantALabelForEachTask) {
  EXPECT_TRUE(mentions(refused("a.jpg,0\n"), "line 1: has 1 label, want 2 for the tasks"));
  options_.label_count = 1;
  EXPECT_TRUE(mentions(refused("a.jpg,0,1\n"), "has 1 label, want 2 for the tasks"));
}

}  // namespace
}  // namespace caffe_multilabel
