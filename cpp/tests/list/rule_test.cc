#include "list/rule.h"

#include <gtest/gtest.h>

#include <cmath>
#include <string>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Kind = LabelRule::Kind;
using Value = std::optional<float>;

class LabelRuleTest : public testing::Test {
 protected:
  Value read(std::string_view field) { return rule_.read(field, &problem_); }
  Value check(float value) { return rule_.check(value, &problem_); }

  LabelRule rule_;
  std::string problem_;
};

TEST(ParseNumber, TakesDecimalNumbers) {
  EXPECT_EQ(parse_number("0"), 0.0F);
  EXPECT_EQ(parse_number("-1"), -1.0F);
  EXPECT_EQ(parse_number("+2.5"), 2.5F);
  EXPECT_EQ(parse_number(".5"), 0.5F);
  EXPECT_EQ(parse_number("5."), 5.0F);
  EXPECT_EQ(parse_number("3e8"), 3e8F);
  EXPECT_EQ(parse_number("1E-3"), 1e-3F);
  EXPECT_EQ(parse_number("007"), 7.0F);
  EXPECT_TRUE(std::signbit(*parse_number("-0")));
}

TEST(ParseNumber, RoundsToTheNearestFloat) {
  EXPECT_EQ(parse_number("0.1"), 0.1F);
  EXPECT_EQ(parse_number("16777217"), 16777216.0F);
  EXPECT_EQ(parse_number("3.4028235e38"), 3.4028235e38F);
}

TEST(ParseNumber, RefusesTheRest) {
  for (const char* field : {"", "+", "-", "+-1", "++1", "1 ", " 1", "1,5", "0x10", "1_000", "one",
                            "1e", "1e400", "nan", "-inf", "Infinity", "1f"}) {
    EXPECT_FALSE(parse_number(field)) << field;
  }
}

TEST(IsNumeric, TakesNumbersThatAreNoLabels) {
  for (const char* field : {"1", "+0.5", "nan", "-inf", "1e400"}) {
    EXPECT_TRUE(is_numeric(field)) << field;
  }
  for (const char* field : {"", "+", "+-1", "color", "1st"}) EXPECT_FALSE(is_numeric(field));
}

TEST_F(LabelRuleTest, FreeTakesAnyFiniteNumber) {
  EXPECT_EQ(read("-12.5"), -12.5F);
  EXPECT_EQ(check(1e30F), 1e30F);
}

TEST_F(LabelRuleTest, SaysWhyTextIsNoLabel) {
  EXPECT_FALSE(read("nan"));
  EXPECT_EQ(problem_, "'nan' is not finite");
  EXPECT_FALSE(read("1e400"));
  EXPECT_EQ(problem_, "'1e400' does not fit a 32-bit float");
  EXPECT_FALSE(read("+-1"));
  EXPECT_EQ(problem_, "'+-1' is not a number");
  EXPECT_FALSE(read("a\tb"));
  EXPECT_EQ(problem_, "'a\\x09b' is not a number");
}

TEST_F(LabelRuleTest, RefusesAValueThatIsNotFinite) {
  EXPECT_FALSE(check(NAN));
  EXPECT_FALSE(check(-INFINITY));
  EXPECT_EQ(problem_, "-inf is not finite");
}

TEST_F(LabelRuleTest, ClassTakesWholeNumbersBelowTheCount) {
  rule_.task = "color";
  rule_.kind = Kind::kClass;
  rule_.classes = 3;
  EXPECT_EQ(read("0"), 0.0F);
  EXPECT_EQ(read("2.0"), 2.0F);
  EXPECT_FALSE(read("3"));
  EXPECT_EQ(problem_, "task 'color': 3 is not allowed, want a whole number from 0 to 2");
  EXPECT_FALSE(read("0.5"));
  EXPECT_FALSE(read("-1"));
}

TEST_F(LabelRuleTest, ClassTakesTheIgnoreLabelWhereThereIsOne) {
  rule_.kind = Kind::kClass;
  rule_.classes = 3;
  rule_.ignore = -1.0F;
  EXPECT_EQ(read("-1"), -1.0F);
  EXPECT_FALSE(read("-2"));
  EXPECT_TRUE(mentions(problem_, "or -1 (ignore_label)"));
}

TEST_F(LabelRuleTest, BinaryTakesZeroAndOne) {
  rule_.task = "flags";
  rule_.part = "wheels";
  rule_.kind = Kind::kBinary;
  EXPECT_EQ(read("0"), 0.0F);
  EXPECT_EQ(read("1"), 1.0F);
  EXPECT_FALSE(read("2"));
  EXPECT_EQ(problem_, "task 'flags' (wheels): 2 is not allowed, want 0 or 1");
  EXPECT_FALSE(read("-1"));
  EXPECT_FALSE(read("0.5"));
}

TEST_F(LabelRuleTest, RealTakesAnyFiniteNumber) {
  rule_.kind = Kind::kReal;
  EXPECT_EQ(read("-0.25"), -0.25F);
}

TEST_F(LabelRuleTest, AWeightIsNotBelowZero) {
  rule_.kind = Kind::kReal;
  rule_.task = "size_weight";
  rule_.non_negative = true;
  EXPECT_EQ(read("0"), 0.0F);
  EXPECT_EQ(read("2.5"), 2.5F);
  EXPECT_FALSE(read("-0.25"));
  EXPECT_TRUE(mentions(problem_, "task 'size_weight': -0.25 is not allowed, want 0 or more"));
  EXPECT_FALSE(read("?"));
  EXPECT_TRUE(mentions(problem_, "; it takes 0 or more, and 0 leaves the record out of the loss"));
  rule_.takes_unknown = false;  // a margin
  EXPECT_FALSE(read("?"));
  EXPECT_TRUE(mentions(problem_, "takes no unknown labels: leave the record out"));
}

TEST_F(LabelRuleTest, WhereNothingIsLeftOutTheRecordIs) {
  rule_.kind = Kind::kBinary;
  rule_.task = "same";
  rule_.takes_unknown = false;
  EXPECT_FALSE(read("?"));
  EXPECT_EQ(problem_,
            "'?' is not a number; task 'same' takes no unknown labels: leave the record out");
}

TEST_F(LabelRuleTest, ALargeNumberMayBeTheNameOfAClass) {
  rule_.kind = Kind::kClass;
  rule_.classes = 3;
  for (const char* field : {"2", "3.5", "red"}) EXPECT_FALSE(rule_.may_be_name(field)) << field;
  EXPECT_TRUE(rule_.may_be_name("1354"));
  rule_.names = {{"red", 0.0F}};
  EXPECT_FALSE(rule_.may_be_name("1354"));
}

TEST_F(LabelRuleTest, MappingReplacesValuesBeforeTheCheck) {
  rule_.kind = Kind::kBinary;
  rule_.mapping = {{-1.0F, 0.0F}};
  EXPECT_EQ(read("-1"), 0.0F);
  EXPECT_EQ(check(-1.0F), 0.0F);
  EXPECT_EQ(read("1"), 1.0F);
  EXPECT_FALSE(read("-2"));
  EXPECT_TRUE(mentions(problem_, "-1 (becomes 0)"));
}

TEST_F(LabelRuleTest, MappingIsDoneOnce) {
  rule_.kind = Kind::kClass;
  rule_.classes = 3;
  rule_.mapping = {{1.0F, 2.0F}, {2.0F, 1.0F}};
  EXPECT_EQ(read("1"), 2.0F);
  EXPECT_EQ(read("2"), 1.0F);
}

TEST_F(LabelRuleTest, AStoredValueIsNotMappedAgain) {
  rule_.kind = Kind::kBinary;
  rule_.mapping = {{-1.0F, 0.0F}};
  EXPECT_TRUE(rule_.allows(0.0F, &problem_));
  EXPECT_FALSE(rule_.allows(-1.0F, &problem_));
}

class ClassNamesTest : public LabelRuleTest {
 protected:
  ClassNamesTest() {
    rule_.task = "color";
    rule_.kind = Kind::kClass;
    rule_.classes = 2;
    rule_.names = {{"black", 0.0F}, {"white", 1.0F}};
  }
};

TEST_F(ClassNamesTest, BecomeTheirIndex) {
  EXPECT_EQ(read("black"), 0.0F);
  EXPECT_EQ(read("white"), 1.0F);
}

TEST_F(ClassNamesTest, LeaveIndicesReadable) { EXPECT_EQ(read("1"), 1.0F); }

TEST_F(ClassNamesTest, AreTakenByTheLetter) {
  EXPECT_FALSE(read("White"));
  EXPECT_EQ(problem_, "'White' is not a number and no class name of task 'color'");
}

TEST_F(ClassNamesTest, AreRecognisedAsNumbersAre) {
  EXPECT_TRUE(rule_.recognises("white"));
  EXPECT_TRUE(rule_.recognises("77"));
  EXPECT_FALSE(rule_.recognises("red"));
}

TEST_F(ClassNamesTest, ThatAreNearAreSuggested) {
  EXPECT_EQ(rule_.suggestion("White"), "; did you mean 'white'?");
  EXPECT_EQ(rule_.suggestion("whiet"), "; did you mean 'white'?");
  EXPECT_EQ(rule_.suggestion("wite"), "; did you mean 'white'?");
  EXPECT_EQ(rule_.suggestion("purple"), "; the classes are 'black', 'white'");
  EXPECT_EQ(rule_.suggestion(""), "");
  EXPECT_EQ(rule_.suggestion(std::string(100, 'w')), "; the classes are 'black', 'white'");
  for (float index = 2; index < 9; ++index) rule_.names["c" + std::to_string(index)] = index;
  EXPECT_EQ(rule_.suggestion("purple"), "");
}

TEST_F(ClassNamesTest, ChineseOnesAreComparedByLetters) {
  rule_.names = {{"红色", 0.0F}, {"蓝色", 1.0F}, {"小轿车", 2.0F}};
  EXPECT_EQ(rule_.suggestion("红"), "; did you mean '红色'?");
  EXPECT_EQ(rule_.suggestion("小骄车"), "; did you mean '小轿车'?");
  EXPECT_EQ(rule_.suggestion("绿色"), "; the classes are '红色', '蓝色', '小轿车'");
}

TEST_F(ClassNamesTest, WhatSaysNothingIsUnknown) {
  for (const char* field : {"", "?", "NA", "nan", " - "}) {
    EXPECT_FALSE(read(field));
    EXPECT_TRUE(mentions(problem_, "for unknown labels task 'color' needs an ignore_label"));
    rule_.ignore = -1.0F;
    EXPECT_EQ(read(field), -1.0F) << field;
    rule_.ignore.reset();
  }
  rule_.names["NA"] = 3.0F;
  rule_.ignore = -1.0F;
  EXPECT_EQ(read("NA"), 3.0F);
}

TEST_F(LabelRuleTest, ANumberThatIsNoneIsUnknownToo) {
  rule_ = {};
  rule_.kind = Kind::kReal;
  const float none = std::nanf("");
  EXPECT_FALSE(rule_.check(none, &problem_));
  EXPECT_EQ(problem_, "nan is not finite");
  rule_.ignore = -9.0F;
  rule_.mapping = {{-9.0F, 4.0F}};  // of numbers in a list alone
  EXPECT_EQ(rule_.check(none, &problem_), -9.0F);
  EXPECT_FALSE(rule_.allows(none, &problem_));
}

TEST_F(LabelRuleTest, AnUnknownNumberNeedsAnIgnoreLabel) {
  rule_ = {};
  rule_.task = "length";
  rule_.kind = Kind::kReal;
  for (const char* field : {"", "NA", "nan"}) {
    rule_.ignore.reset();
    EXPECT_FALSE(read(field));
    EXPECT_TRUE(mentions(problem_, "for unknown labels task 'length' needs an ignore_label"))
        << field;
    rule_.ignore = -9.0F;
    EXPECT_EQ(read(field), -9.0F) << field;
  }
  rule_.ignore.reset();
  rule_.task = "";
  rule_.kind = Kind::kFree;
  EXPECT_FALSE(read(""));
  EXPECT_EQ(problem_, "'' is not a number");
}

TEST_F(LabelRuleTest, YesAndNoAreLabelsOfYesAndNoAlone) {
  rule_ = {};
  rule_.task = "old";
  rule_.kind = Kind::kBinary;
  rule_.mapping = {{1.0F, 0.0F}};  // of numbers alone
  for (const char* word : {"yes", "True", "TRUE", "Y", "y", "是", "有"})
    EXPECT_EQ(read(word), 1.0F);
  for (const char* word : {"no", "False", "false", "N", "n", "否", "无"})
    EXPECT_EQ(read(word), 0.0F);
  EXPECT_TRUE(rule_.recognises("No"));
  for (const char* word : {"maybe", "真", "yess", "t"}) EXPECT_FALSE(read(word)) << word;
  rule_.kind = Kind::kReal;
  EXPECT_FALSE(rule_.recognises("No"));
  EXPECT_FALSE(read("yes"));
}

TEST_F(ClassNamesTest, ThatAreNumbersHideIndices) {
  rule_.names = {{"1", 0.0F}, {"2", 1.0F}};
  rule_.by_name_only = true;
  rule_.ignore = -1.0F;
  rule_.mapping = {{9.0F, 1.0F}};
  EXPECT_EQ(read("1"), 0.0F);
  EXPECT_EQ(read("2"), 1.0F);
  EXPECT_EQ(read("-1"), -1.0F);
  EXPECT_EQ(read("9"), 1.0F);
  EXPECT_FALSE(read("0"));
  EXPECT_TRUE(mentions(problem_, "'0' is no class name"));
}

}  // namespace
}  // namespace caffe_multilabel
