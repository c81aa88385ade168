#include "jobs/missing_image.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class MissingImageTest : public testing::Test {
 protected:
  MissingImageTest() {
    std::filesystem::create_directories(root_ + "/train/cats");
    write_file(root_ + "/train/cats/a.jpg", "");
  }

  std::string hint(const std::string& below, const std::string& path) const {
    return missing_hint(root_ + below, path);
  }

  TemporaryDirectory directory_;
  std::string root_ = directory_ / "set";
};

TEST_F(MissingImageTest, IsEmptyWhereTheFileIsOrNothingIsLikeIt) {
  EXPECT_EQ(hint("", "train/cats/a.jpg"), "");
  for (const char* path : {"b.jpg", "train/b.jpg", "train/dogs/a.jpg", "train//", "/"}) {
    EXPECT_EQ(hint("", path).find("; there"), std::string::npos) << path;
    EXPECT_EQ(hint("", path).find("; it is there"), std::string::npos) << path;
  }
}

TEST_F(MissingImageTest, FindsARootFolderAbove) {
  const std::string said = "; it is there from the root folder ";
  EXPECT_EQ(hint("/train", "train/cats/a.jpg"), said + root_);
  EXPECT_EQ(hint("/train/cats/", "train/cats/a.jpg"), said + root_);
  EXPECT_EQ(hint("//train/.", "set/train/cats/a.jpg"), said + directory_.path());
  EXPECT_EQ(hint("", "set/train/cats/a.jpg"), said + directory_.path());  // given twice
}

TEST_F(MissingImageTest, FindsARootFolderBelow) {
  std::filesystem::create_directories(root_ + "/other/cats");
  EXPECT_EQ(hint("", "cats/a.jpg"), "; it is there from the root folder " + root_ + "/train");
  EXPECT_EQ(hint("/", "cats/a.jpg"), "; it is there from the root folder " + root_ + "/train");
  write_file(root_ + "/other/cats/a.jpg", "");
  EXPECT_EQ(hint("", "cats/a.jpg"), "; it is there from the root folder " + root_ + "/other");
}

TEST_F(MissingImageTest, FindsFoldersThatAreTooMany) {
  EXPECT_EQ(hint("", "data/set/train/cats/a.jpg"),
            "; there is " + root_ + "/train/cats/a.jpg: leave 'data/set/' out of the paths");
  EXPECT_EQ(hint("/train", "old//cats/a.jpg"),
            "; there is " + root_ + "/train/cats/a.jpg: leave 'old//' out of the paths");
}

TEST_F(MissingImageTest, TellsAbsolutePathsOfThisMachineFromOthers) {
  const std::string said = "; the path is absolute, and the root folder stands before it: ";
  EXPECT_EQ(hint("", root_ + "/train/cats/a.jpg"), said + "give / as the root folder");
  EXPECT_EQ(hint("", "/home/me/train/cats/a.jpg"), said + "leave '/home/me/' out of the paths");
  EXPECT_EQ(hint("", "/home/me/b.jpg"), said + "give / as the root folder");
}

TEST_F(MissingImageTest, NamesWhatIsNoPath) {
  EXPECT_TRUE(mentions(hint("/no", "a.jpg"), "is no folder"));
  EXPECT_TRUE(mentions(hint("", "train\\cats\\a.jpg"), "backslashes"));
  EXPECT_TRUE(mentions(hint("", "a.jpg\rb.jpg"), "carriage returns"));
  EXPECT_TRUE(mentions(hint("", "\"train/cats/a.jpg\""), "quotes"));
}

}  // namespace
}  // namespace caffe_multilabel
