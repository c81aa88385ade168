// Where a label DB is built anew: what is refused, what a kill leaves, and where links lead.
#include "pair/label_target.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "pair/target.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;
using Names = std::vector<std::string>;

// Stand-ins for DBs: folders whose data.mdb holds a word.
class LabelTargetTest : public testing::Test {
 protected:
  void make(const std::string& folder, const std::string& word) {
    directory_.folder(folder);
    write_file(directory_ / (folder + "/data.mdb"), word);
  }

  std::string word_in(const std::string& folder) const {
    return read_file(directory_ / (folder + "/data.mdb"));
  }

  void publish(const std::string& path) {
    LabelTarget target(directory_ / path);
    write_file(target.work() + "/data.mdb", "new");
    target.publish();
  }

  // What stands in the error; nothing on the disk may have changed.
  std::string refused(const std::string& path, ErrorKind kind = ErrorKind::kOutput) {
    const Names before = names_in(directory_.path());
    const Error error = error_of([&] { LabelTarget(directory_ / path); });
    EXPECT_EQ(error.kind(), kind);
    EXPECT_EQ(names_in(directory_.path()), before);
    return error.what();
  }

  TemporaryDirectory directory_;
};

TEST_F(LabelTargetTest, TakesThePlaceOfTheDb) {
  make("labels", "old");
  publish("labels");
  EXPECT_EQ(names_in(directory_.path()), Names{"labels"});
  EXPECT_EQ(word_in("labels"), "new");
}

TEST_F(LabelTargetTest, LeavesTheDbAloneUnlessItIsPublished) {
  make("labels", "old");
  {
    const LabelTarget target((directory_ / "labels") + "/");
    EXPECT_EQ(target.target(), directory_ / "labels");
    write_file(target.work() + "/data.mdb", "half");
  }
  EXPECT_EQ(names_in(directory_.path()), Names{"labels"});
  EXPECT_EQ(word_in("labels"), "old");
}

TEST_F(LabelTargetTest, ReplacesWhatALinkLeadsTo) {
  make("labels", "old");
  fs::create_symlink("labels", directory_ / "first");
  fs::create_symlink(directory_ / "first", directory_ / "second");
  publish("second");
  EXPECT_EQ(word_in("labels"), "new");
  EXPECT_TRUE(fs::is_symlink(directory_ / "first"));
  EXPECT_TRUE(fs::is_symlink(directory_ / "second"));
}

// The system goes through the link first, and so do we.
TEST_F(LabelTargetTest, LeadsWhereTheSystemGoes) {
  fs::create_directories(directory_ / "real/deep");
  fs::create_directory_symlink("real/deep", directory_ / "link");
  make("labels", "of somebody else");
  make("real/labels", "old");
  publish("link/../labels");
  EXPECT_EQ(word_in("labels"), "of somebody else");
  EXPECT_EQ(word_in("real/labels"), "new");
}

TEST_F(LabelTargetTest, MovesBackWhatAKillBetweenTheRenamesLeft) {
  make("labels.relabel.old", "old");
  make("labels.relabel", "new");
  {
    const LabelTarget target(directory_ / "labels");
  }
  EXPECT_EQ(names_in(directory_.path()), Names{"labels"});
  EXPECT_EQ(word_in("labels"), "old");
}

TEST_F(LabelTargetTest, RemovesWhatAKillAfterTheRenamesLeft) {
  make("labels", "new");
  make("labels.relabel.old", "old");
  {
    const LabelTarget target(directory_ / "labels");
  }
  EXPECT_EQ(names_in(directory_.path()), Names{"labels"});
  EXPECT_EQ(word_in("labels"), "new");
}

TEST_F(LabelTargetTest, IsTakenByOneJobOnly) {
  make("labels", "old");
  LabelTarget first(directory_ / "labels");
  EXPECT_TRUE(mentions(refused("labels"), "a conversion or another relabelling is writing to it"));
  const auto convert = [this] { PairTarget({directory_ / "images", directory_ / "labels", true}); };
  EXPECT_TRUE(mentions(error_of(convert).what(), "another conversion is writing to it"));
  first.close();
  const LabelTarget second(directory_ / "labels");
}

TEST_F(LabelTargetTest, RefusesADbWithAnUnfinishedConversion) {
  make("labels", "old");
  make("labels.partial", "half");
  EXPECT_TRUE(mentions(refused("labels"), "an unfinished conversion is in"));
  EXPECT_EQ(word_in("labels.partial"), "half");
}

TEST_F(LabelTargetTest, RefusesFoldersThatHoldMoreThanADb) {
  for (const std::string folder : {"labels", "labels.relabel", "labels.relabel.old"}) {
    make("labels", "old");
    directory_.folder(folder);
    write_file(directory_ / (folder + "/thesis.tex"), "");
    EXPECT_TRUE(mentions(refused("labels"), "holds thesis.tex")) << folder;
    fs::remove_all(directory_ / folder);
  }
}

TEST_F(LabelTargetTest, RefusesWhatIsNoDbsFolder) {
  EXPECT_TRUE(mentions(refused("labels"), "is not there"));
  write_file(directory_ / "labels", "");
  EXPECT_TRUE(mentions(refused("labels"), "is no folder"));
}

TEST_F(LabelTargetTest, RefusesNamesThatCannotBeReplaced) {
  EXPECT_TRUE(mentions(error_of([] { LabelTarget("."); }).what(), "is no name of a folder"));
  EXPECT_TRUE(mentions(error_of([] { LabelTarget("/"); }).what(), "is no name of a folder"));
  for (const char* end : {".partial", ".partial.old", ".relabel", ".relabel.old"}) {
    make("labels" + std::string(end), "theirs");
    EXPECT_TRUE(mentions(refused("labels" + std::string(end), ErrorKind::kOption),
                         "names with this ending are for"));
  }
}

}  // namespace
}  // namespace caffe_multilabel
