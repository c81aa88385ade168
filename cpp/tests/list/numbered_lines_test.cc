#include "list/numbered_lines.h"

#include <gtest/gtest.h>

#include <array>
#include <optional>
#include <string>

#include "record/key.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class NumberedLinesTest : public testing::Test {
 protected:
  NumberedLinesTest() {
    const float label = 0;
    for (const char* other : {"b", "c", "d"}) {
      const std::array<std::string_view, 2> paths = {"a", other};
      list_.add(paths.data(), &label, static_cast<uint32_t>(list_.size() + 2));
    }
  }

  std::optional<size_t> find(const std::string& key) { return lines_.find(key, &problem_); }

  RecordList list_{1, 2};
  NumberedLines lines_{list_, {2, 0}};
  std::string problem_;
};

TEST_F(NumberedLinesTest, GoesByTheNumberAmongRecordsThatShareTheirFirstPath) {
  EXPECT_EQ(find(image_key(0, "a")), 2U);
  EXPECT_EQ(find(label_key(1, "a")), 0U);
  EXPECT_EQ(find(image_key(2, "a")), 2U);  // beyond the positions
  EXPECT_EQ(find("00000001"), 0U);
  EXPECT_EQ(find("0"), 2U);
}

TEST_F(NumberedLinesTest, SaysWhyThereIsNone) {
  EXPECT_EQ(find(image_key(1, "b")), std::nullopt);
  EXPECT_EQ(problem_, "its number tells line 2 of the list, whose first path is a");
  EXPECT_EQ(find(image_key(3, "a")), std::nullopt);
  EXPECT_EQ(problem_, "its number tells line 4 of the list, which has 3");
  for (const char* key : {"a", "", "99999999999999999999"}) {
    EXPECT_EQ(find(key), std::nullopt) << key;
    EXPECT_TRUE(mentions(problem_, "has no number")) << key;
  }
}

}  // namespace
}  // namespace caffe_multilabel
