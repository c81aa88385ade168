#include "list/line_assignment.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "record/key.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Lines = std::vector<uint32_t>;

class LineAssignmentTest : public testing::Test {
 protected:
  void add(const std::string& path, float label) {
    list_.add(path, &label, static_cast<uint32_t>(list_.size() + 1));
  }

  Lines lines_of(const std::vector<std::string>& keys, const Lines& positions = {}) {
    LineAssignment assignment(list_, positions);
    ListPlaces places(list_.size(), [&](std::string_view path) { return assignment.holds(path); });
    for (const std::string& key : keys) places.see(key);
    size_t record = 0;
    for (const std::string& key : keys) assignment.add(places.find(key, record++), key);
    return assignment.finish();
  }

  std::string refused(const std::vector<std::string>& keys) {
    const Error error = error_of([&] { lines_of(keys); });
    EXPECT_EQ(error.kind(), ErrorKind::kList);
    return error.what();
  }

  RecordList list_{1};
};

TEST_F(LineAssignmentTest, GoesByPathWhateverTheOrder) {
  add("b", 1);
  add("unused", 2);
  add("a", 3);
  EXPECT_EQ(lines_of({label_key(0, "a"), label_key(1, "b")}), (Lines{2, 0}));
  EXPECT_EQ(lines_of({image_key(0, "b"), image_key(5, "a")}), (Lines{0, 2}));
}

TEST_F(LineAssignmentTest, GoesByPositionWhereNoKeyHasAPath) {
  add("b", 1);
  add("a", 2);
  EXPECT_EQ(lines_of({"one", "two"}), (Lines{0, 1}));
  EXPECT_TRUE(mentions(refused({"one", "three", "two"}), "1 record has no line"));
}

TEST_F(LineAssignmentTest, GoesByNumberWhereAllKeysAreNumbers) {
  for (int i = 0; i < 12; ++i) add("p" + std::to_string(i), 1);
  EXPECT_EQ(lines_of({"0", "1", "10", "11", "2"}), (Lines{0, 1, 10, 11, 2}));
  EXPECT_EQ(lines_of({"00000003", "00000007"}), (Lines{3, 7}));
  EXPECT_EQ(lines_of({"1", "10", "11", "12", "2"}), (Lines{0, 9, 10, 11, 1}));
  EXPECT_TRUE(mentions(refused({"0", "581929"}), "1 record has no line"));
  EXPECT_TRUE(mentions(refused({"0", "01", "1"}), "1, another record has its number"));
}

TEST_F(LineAssignmentTest, GoesByKeysThatArePathsOfTheList) {
  add("20", 1);
  add("10", 2);
  EXPECT_EQ(lines_of({"10", "20"}), (Lines{1, 0}));
  EXPECT_EQ(error_of([&] { lines_of({"10", "3"}); }).kind(), ErrorKind::kDatabase);
}

TEST_F(LineAssignmentTest, RefusesKeysOfBothKinds) {
  add("a", 1);
  for (const auto& keys : {std::vector{label_key(0, "a"), std::string("b")},
                           std::vector{std::string("b"), label_key(0, "a")}}) {
    const Error error = error_of([&] { lines_of(keys); });
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
    EXPECT_TRUE(mentions(error.what(), "unlike the first one"));
  }
}

TEST_F(LineAssignmentTest, SharesOutLinesOfOnePathInTheOrderOfTheOldList) {
  add("a", 1);
  add("a", 2);
  const std::vector<std::string> keys = {label_key(0, "a"), label_key(1, "a")};
  EXPECT_EQ(lines_of(keys), (Lines{0, 1}));
  EXPECT_EQ(lines_of(keys, {1, 0}), (Lines{1, 0}));  // the conversion had shuffled
}

TEST_F(LineAssignmentTest, KeepsThePositionsWhereAPathHasMoreLinesThanRecords) {
  add("a", 1);
  add("a", 2);
  add("a", 3);
  EXPECT_EQ(lines_of({label_key(2, "a")}), Lines{2});
  EXPECT_TRUE(mentions(refused({label_key(7, "a")}), "and the lines' labels differ"));
}

TEST_F(LineAssignmentTest, TakesAnyOfLinesThatSayTheSame) {
  add("a", 1);
  add("a", 1);
  EXPECT_EQ(lines_of({label_key(7, "a")}), Lines{0});
}

TEST_F(LineAssignmentTest, NamesRecordsWithoutALine) {
  add("a", 1);
  const std::string said = refused({label_key(0, "a"), label_key(1, "a"), label_key(2, "c")});
  EXPECT_TRUE(mentions(said, "2 records have no line of their own"));
  EXPECT_TRUE(mentions(said, "a is on 1 line, but 2 records have it"));
  EXPECT_TRUE(mentions(said, "c"));
}

}  // namespace
}  // namespace caffe_multilabel
