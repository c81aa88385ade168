#include "pair/rejects.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Lines = std::vector<RejectedLine>;

TEST(Rejects, AreATableForPeople) {
  EXPECT_EQ(rejects_table({{4, "a b.png", "is no image"}, {7, "c\t\n.png", "x"}}),
            "line\tpath\tproblem\n4\ta b.png\tis no image\n7\tc\\x09\\x0a.png\tx\n");
}

TEST(Rejects, AreReadAsTheyWereWritten) {
  const Lines rejects = {{4, "a b.png", "is no image"}, {12, "", ""}, {13, "\xff", "said: \xfe"}};
  EXPECT_EQ(parse_rejects(rejects_table(rejects)), rejects);
  EXPECT_EQ(parse_rejects(rejects_table({})), Lines{});
}

TEST(Rejects, KeepTabsInTheProblem) {
  EXPECT_EQ(parse_rejects("1\ta\tb\tc\n"), (Lines{{1, "a", "b\tc"}}));
}

TEST(Rejects, OfAnotherFormAreLeftOut) {
  for (const char* text : {"", "\n\n", "garbage", "x\ty\tz\n", "1\ta\n", "-1\ta\tb\n", "1x\ta\tb\n",
                           "99999999999999999999\ta\tb\n"}) {
    EXPECT_EQ(parse_rejects(text), Lines{}) << text;
  }
}

TEST(Rejects, OfADbThatHasNoneAreNone) {
  const TemporaryDirectory directory;
  EXPECT_EQ(read_rejects(directory.path()), Lines{});
  write_file(directory / "rejects.tsv", rejects_table({{1, "a", "b"}}));
  EXPECT_EQ(read_rejects(directory.path()), (Lines{{1, "a", "b"}}));
}

}  // namespace
}  // namespace caffe_multilabel
