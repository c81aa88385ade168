#include "list/matching.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Positions = std::vector<size_t>;

class ListMatcherTest : public testing::Test {
 protected:
  void add(const std::string& path, const std::vector<float>& labels) {
    list_.add(path, labels.data(), static_cast<uint32_t>(10 * (list_.size() + 1)));
  }

  RecordList list_{2};
};

TEST_F(ListMatcherTest, TakesEachLineOnceByItsPath) {
  add("b", {1, 2});
  add("a", {3, 4});
  ListMatcher matcher(list_);
  EXPECT_EQ(matcher.unused(), (Positions{0, 1}));
  EXPECT_EQ(matcher.take("a", 7, {3, 4}), std::nullopt);
  EXPECT_EQ(matcher.unused(), Positions{0});
  EXPECT_EQ(matcher.take("a", 7, {3, 4}), "is not in the list, or more often than there");
  EXPECT_EQ(matcher.take("c", 0, {1, 2}), "is not in the list, or more often than there");
  EXPECT_EQ(matcher.take("b", 7, {1, 2}), std::nullopt);
  EXPECT_TRUE(matcher.unused().empty());
}

TEST_F(ListMatcherTest, SaysHowLabelsDiffer) {
  add("a", {1, 2});
  ListMatcher matcher(list_);
  EXPECT_EQ(matcher.take("a", 0, {1, 2.5}), "labels are 1 2.5, the list's line 10 says 1 2");
  EXPECT_TRUE(matcher.unused().empty());
  EXPECT_EQ(matcher.take("a", 0, {1}), "has 1 label, the list has 2");
}

// The record with the right labels may come later, and must find its line.
TEST_F(ListMatcherTest, KeepsLinesOfOnePathForTheirOwnLabels) {
  add("a", {1, 1});
  add("a", {2, 2});
  add("a", {1, 1});
  ListMatcher matcher(list_);
  EXPECT_TRUE(matcher.take("a", 0, {9, 9}));
  EXPECT_EQ(matcher.take("a", 0, {2, 2}), std::nullopt);
  EXPECT_EQ(matcher.take("a", 0, {1, 1}), std::nullopt);
  EXPECT_EQ(matcher.take("a", 0, {1, 1}), std::nullopt);
  EXPECT_TRUE(matcher.take("a", 0, {1, 1}));
}

TEST_F(ListMatcherTest, KnowsItsPaths) {
  add("b", {1, 2});
  const ListMatcher matcher(list_);
  EXPECT_TRUE(matcher.holds("b"));
  for (const char* path : {"", "a", "bb", "c"}) EXPECT_FALSE(matcher.holds(path)) << path;
}

TEST_F(ListMatcherTest, TakesEachPositionOnce) {
  add("b", {1, 2});
  add("a", {3, 4});
  ListMatcher matcher(list_);
  EXPECT_EQ(matcher.take(std::nullopt, 1, {3, 4}), std::nullopt);
  EXPECT_TRUE(matcher.take(std::nullopt, 1, {3, 4}));
  EXPECT_TRUE(matcher.take(std::nullopt, 2, {3, 4}));
  EXPECT_TRUE(matcher.take(std::nullopt, std::nullopt, {3, 4}));
  EXPECT_EQ(matcher.unused(), Positions{0});
}

TEST_F(ListMatcherTest, GoesByPositionWithoutPaths) {
  add("b", {1, 2});
  add("a", {3, 4});
  ListMatcher matcher(list_);
  EXPECT_EQ(matcher.take(std::nullopt, 1, {3, 4}), std::nullopt);
  EXPECT_EQ(matcher.take(std::nullopt, 0, {1, 2}), std::nullopt);
  EXPECT_TRUE(matcher.take(std::nullopt, 2, {1, 2}));
}

TEST_F(ListMatcherTest, TakesAnEmptyList) {
  ListMatcher matcher(list_);
  EXPECT_TRUE(matcher.take("a", 0, {1, 2}));
  EXPECT_TRUE(matcher.unused().empty());
}

}  // namespace
}  // namespace caffe_multilabel
