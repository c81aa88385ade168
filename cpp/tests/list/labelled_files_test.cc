#include "list/labelled_files.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class LabelledFilesTest : public testing::Test {
 protected:
  LabelledFiles read(const std::string& text) {
    write_file(path_, text);
    return read_labelled_files(path_);
  }
  Error error(const std::string& text) {
    return error_of([&] { read(text); });
  }

  TemporaryDirectory directory_;
  const std::string path_ = directory_ / "list";
};

TEST_F(LabelledFilesTest, CutsLinesAtTheirLastBlank) {
  const LabelledFiles files = read("a b.png -3\nc  7\nd \t+2147483647\t\n");
  EXPECT_EQ(files.paths, (std::vector<std::string>{"a b.png", "c ", "d"}));
  EXPECT_EQ(files.labels, (std::vector<int32_t>{-3, 7, 2147483647}));
  EXPECT_EQ(files.source, path_);
}

TEST_F(LabelledFilesTest, ItsDigestIsThatOfTheLines) {
  const Digest digest = read("a 1\nb 2\n").digest;
  EXPECT_EQ(read("a 1\r\nb 2").digest, digest);
  EXPECT_NE(read("b 2\na 1\n").digest, digest);
  EXPECT_NE(read("a 1\nb 2\nb 2\n").digest, digest);
  EXPECT_NE(read("a 1\nb 3\n").digest, digest);
}

TEST_F(LabelledFilesTest, RefusesWhatCaffeMakesALabelOfByChance) {
  for (const char* label : {"x", "1x", "1.5", "+-1", "+", "-", "2147483648", "0x1", "1e3"}) {
    const Error found = error("a 1\nb " + std::string(label) + "\n");
    EXPECT_EQ(found.kind(), ErrorKind::kList);
    EXPECT_EQ(found.line(), 2);
    EXPECT_TRUE(mentions(found.what(), "line 2 has '" + std::string(label) + "' for a label"));
  }
  EXPECT_TRUE(mentions(error("a 1\nb 2 \n").what(), "line 2 has '' for a label"));
}

TEST_F(LabelledFilesTest, RefusesListsThatNameNothing) {
  EXPECT_TRUE(mentions(error("").what(), "the list is empty"));
  EXPECT_EQ(error_of([this] { read_labelled_files(directory_ / "none"); }).kind(),
            ErrorKind::kList);
}

}  // namespace
}  // namespace caffe_multilabel
