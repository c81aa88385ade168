// What PairTarget allows, refuses and finds.
#include "pair/target.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <string>

#include "tests/pair/target_fixture.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;
using State = PairTarget::State;

// What ordinary users may, while it lives: the superuser may write everywhere.
class OrdinaryUser {
 public:
  OrdinaryUser() {
    if (superuser_) become(kNobody);
  }
  ~OrdinaryUser() {
    if (superuser_) become(0);
  }
  OrdinaryUser(const OrdinaryUser&) = delete;
  OrdinaryUser& operator=(const OrdinaryUser&) = delete;

 private:
  static constexpr uid_t kNobody = 65534;

  // access() goes by the real user. The saved one stays, for the way back.
  static void become(uid_t user) { EXPECT_EQ(::setresuid(user, user, 0), 0); }

  const bool superuser_ = ::geteuid() == 0;
};

class PairTargetTest : public PairFixture {};

TEST_F(PairTargetTest, MakesPartialFoldersForANewPair) {
  const PairTarget target({images_, labels_});
  EXPECT_EQ(target.state(), State::kNew);
  EXPECT_EQ(target.image_partial(), images_ + ".partial");
  EXPECT_TRUE(fs::is_directory(images_ + ".partial"));
  EXPECT_TRUE(fs::is_directory(labels_ + ".partial"));
  EXPECT_FALSE(exists(images_));
}

TEST_F(PairTargetTest, LeavesNoEmptyFolderBehind) {
  EXPECT_EQ(state(), State::kNew);
  EXPECT_TRUE(names_in(directory_.path()).empty());
}

TEST_F(PairTargetTest, TakesTrailingSlashesAndRelativePaths) {
  const fs::path before = fs::current_path();
  fs::current_path(directory_.path());
  {
    const PairTarget target({"images/", "./labels//"});
  }
  EXPECT_EQ(PairTarget({"images/", "labels"}).image_partial(), "images.partial");
  fs::current_path(before);
}

TEST_F(PairTargetTest, RefusesATargetThatExists) {
  make(images_, "old images");
  EXPECT_TRUE(mentions(refused(), images_ + ": exists; --overwrite replaces it"));
  make(labels_, "old labels");
  EXPECT_TRUE(mentions(refused(), images_ + ": exists"));
  fs::remove_all(images_);
  EXPECT_TRUE(mentions(refused(), labels_ + ": exists"));
}

TEST_F(PairTargetTest, OverwriteStartsBesideTheOldPair) {
  make_old_pair();
  overwrite_ = true;
  EXPECT_EQ(state(), State::kNew);
  EXPECT_EQ(word_in(images_), "old images");
  EXPECT_EQ(word_in(labels_), "old labels");
}

TEST_F(PairTargetTest, RefusesAnUnfinishedConversionWithoutAWord) {
  make_unfinished();
  EXPECT_TRUE(mentions(refused(), "an unfinished conversion is in " + images_ + ".partial"));
  complete(images_ + ".partial");
  complete(labels_ + ".partial");
  EXPECT_TRUE(mentions(refused(), "an unfinished conversion"));
}

TEST_F(PairTargetTest, ResumeFindsTheUnfinishedConversion) {
  make_unfinished();
  resume_ = true;
  EXPECT_EQ(state(), State::kUnfinished);
  EXPECT_EQ(word_in(images_ + ".partial"), "new images");
}

TEST_F(PairTargetTest, ResumeFindsAConversionOfWhichOnlyOneDbBegan) {
  make_unfinished();
  fs::remove_all(labels_ + ".partial");
  resume_ = true;
  EXPECT_EQ(state(), State::kUnfinished);
}

TEST_F(PairTargetTest, ResumeTakesAHalfCompletePairForUnfinished) {
  make_unfinished();
  complete(images_ + ".partial");
  resume_ = true;
  EXPECT_EQ(state(), State::kUnfinished);
}

TEST_F(PairTargetTest, ResumeOfNothingIsNew) {
  resume_ = true;
  EXPECT_EQ(state(), State::kNew);
}

TEST_F(PairTargetTest, ResumeOfAPublishedPairLeavesItAlone) {
  make_old_pair();
  resume_ = true;
  EXPECT_EQ(state(), State::kPublished);
  EXPECT_EQ(names_in(directory_.path()), (std::vector<std::string>{"images", "labels"}));
}

TEST_F(PairTargetTest, OverwriteDropsTheUnfinishedConversion) {
  make_unfinished();
  overwrite_ = true;
  EXPECT_EQ(state(), State::kNew);
  EXPECT_TRUE(names_in(directory_.path()).empty());
}

TEST_F(PairTargetTest, OverwriteWithResumeGoesOn) {
  make_old_pair();
  make_unfinished();
  overwrite_ = resume_ = true;
  EXPECT_EQ(state(), State::kUnfinished);
  EXPECT_EQ(word_in(images_), "old images");
}

TEST_F(PairTargetTest, OverwriteWithResumeOfAPublishedPairStartsAnew) {
  make_old_pair();
  overwrite_ = resume_ = true;
  EXPECT_EQ(state(), State::kNew);
}

TEST_F(PairTargetTest, SaysHowToGoOnOverAnOldPair) {
  make_old_pair();
  make_unfinished();
  EXPECT_TRUE(mentions(refused(), "go on with --resume --overwrite"));
  resume_ = true;
  EXPECT_TRUE(mentions(refused(), "--resume --overwrite goes on and then replaces it"));
}

TEST_F(PairTargetTest, LeavesAnOldDbThatWasMovedAwayToTheUser) {
  make(images_ + ".partial.old", "old images");
  overwrite_ = true;
  EXPECT_TRUE(mentions(refused(), "is what a stopped --overwrite moved away"));
  EXPECT_EQ(word_in(images_ + ".partial.old"), "old images");
}

TEST_F(PairTargetTest, DiscardAndRestartRemoveWhatWasMade) {
  make_unfinished();
  resume_ = true;
  {
    PairTarget target = open();
    target.restart();
    EXPECT_EQ(target.state(), State::kNew);
    EXPECT_FALSE(exists(images_ + ".partial/data.mdb"));
    EXPECT_TRUE(exists(labels_ + ".partial"));
    target.discard();
  }
  EXPECT_TRUE(names_in(directory_.path()).empty());
}

TEST_F(PairTargetTest, StaysTakenAfterDiscard) {
  make_unfinished();
  resume_ = true;
  PairTarget target = open();
  target.discard();
  EXPECT_FALSE(exists(images_ + ".partial/data.mdb"));
  EXPECT_TRUE(mentions(refused(), "another conversion is writing to it"));
}

TEST_F(PairTargetTest, IsTakenByOneConversionOnly) {
  const PairTarget first = open();
  EXPECT_TRUE(mentions(refused(), labels_ + ": another conversion is writing to it"));
  overwrite_ = resume_ = true;
  EXPECT_TRUE(mentions(refused(), "another conversion is writing to it"));
}

TEST_F(PairTargetTest, EitherDbIsTakenByOneConversionOnly) {
  const PairTarget first = open();
  const std::string other = directory_ / "other";
  EXPECT_TRUE(mentions(error_of([&] { PairTarget({other, labels_}); }).what(), "another"));
  EXPECT_TRUE(mentions(error_of([&] { PairTarget({images_, other}); }).what(), "another"));
  EXPECT_TRUE(mentions(error_of([&] { PairTarget({labels_, images_}); }).what(), "another"));
  EXPECT_FALSE(exists(other + ".partial"));
}

TEST_F(PairTargetTest, IsFreeAgainAfterwards) {
  {
    const PairTarget first = open();
  }
  EXPECT_EQ(state(), State::kNew);
}

class PairPathsTest : public PairFixture {};

TEST_F(PairPathsTest, MustDiffer) {
  for (const char* same : {"images", "images/", "./images", "x/../images"}) {
    labels_ = directory_ / same;
    EXPECT_TRUE(mentions(refused(), "the same path")) << same;
  }
}

TEST_F(PairPathsTest, MustDifferThroughLinks) {
  directory_.folder("real");
  fs::create_directory_symlink(directory_ / "real", directory_ / "link");
  images_ = directory_ / "real/db";
  labels_ = directory_ / "link/db";
  EXPECT_TRUE(mentions(refused(), "the same path"));
}

// The system goes through the link first, and so do we.
TEST_F(PairPathsTest, LeadWhereTheSystemGoes) {
  fs::create_directories(directory_ / "real/deep");
  fs::create_directory_symlink("real/deep", directory_ / "link");
  images_ = directory_ / "link/../images";
  const PairTarget target = open();
  EXPECT_TRUE(exists(directory_ / "real/images.partial"));
  EXPECT_FALSE(exists(directory_ / "images.partial"));
}

TEST_F(PairPathsTest, MustNotLieInEachOther) {
  make(images_, "old");
  overwrite_ = true;
  for (const char* inner : {"images/labels", "images/..labels"}) {
    labels_ = directory_ / inner;
    EXPECT_TRUE(mentions(refused(), "lies inside")) << inner;
  }
  std::swap(images_, labels_);
  EXPECT_TRUE(mentions(refused(), "lies inside"));
}

TEST_F(PairPathsTest, MayBeginAlike) {
  labels_ = images_ + "_labels";
  EXPECT_EQ(state(), State::kNew);
}

TEST_F(PairPathsTest, MustNotBeEmpty) {
  images_ = "";
  EXPECT_TRUE(mentions(refused(), "is empty"));
}

TEST_F(PairPathsTest, MustNameAFolder) {
  for (const char* name : {"x/..", ".", ".."}) {
    images_ = name;
    EXPECT_TRUE(mentions(refused(), "is no name for a new folder")) << name;
  }
}

TEST_F(PairPathsTest, MustNotBeNamedAsUnfinished) {
  for (const char* name :
       {"images.partial", "images.partial.old", "labels.relabel", "labels.relabel.old"}) {
    labels_ = directory_ / name;
    EXPECT_TRUE(mentions(refused(), "names with this ending")) << name;
  }
}

TEST_F(PairPathsTest, WantAParentFolder) {
  labels_ = directory_ / "missing/labels";
  EXPECT_TRUE(
      mentions(refused(), "its parent folder " + (directory_ / "missing") + " is not there"));
}

TEST_F(PairPathsTest, WantAParentThatIsAFolder) {
  write_file(directory_ / "file", "");
  labels_ = directory_ / "file/labels";
  EXPECT_TRUE(mentions(refused(), "is not there"));
}

TEST_F(PairPathsTest, WantAParentThatCanBeWritten) {
  fs::permissions(directory_.path(), fs::perms::all);
  labels_ = directory_.folder("closed") + "/labels";
  fs::permissions(directory_ / "closed", fs::perms::owner_read | fs::perms::owner_exec);
  const OrdinaryUser user;
  EXPECT_TRUE(mentions(refused(), "cannot be written"));
}

TEST_F(PairPathsTest, MustNotBeAFile) {
  write_file(images_, "file");
  EXPECT_TRUE(mentions(refused(), "is there and is no folder"));
  overwrite_ = true;
  EXPECT_TRUE(mentions(refused(), "is there and is no folder"));
}

TEST_F(PairPathsTest, MustNotBeAFolderOfSomethingElse) {
  make_old_pair();
  write_file(labels_ + "/thesis.tex", "");
  overwrite_ = true;
  EXPECT_TRUE(mentions(refused(), labels_ + ": holds files that are not an LMDB's"));
}

TEST_F(PairPathsTest, LeaveAForeignFolderInTheWayAlone) {
  for (const char* end : {".partial", ".partial.old"}) {
    const std::string folder = directory_.folder("images" + std::string(end));
    write_file(folder + "/thesis.tex", "");
    overwrite_ = resume_ = true;
    EXPECT_TRUE(mentions(refused(), folder + ": is in the way")) << end;
    fs::remove_all(folder);
  }
}

}  // namespace
}  // namespace caffe_multilabel
