// How a complete pair becomes visible, and how it does after a kill between two of the renames.
#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include "tests/pair/target_fixture.h"

namespace {

std::function<void(const std::string&)> on_sync;

}  // namespace

// Takes the place of the C library's, so that a test sees what is synced, and when.
extern "C" int fsync(int fd) {
  if (on_sync) on_sync(std::filesystem::read_symlink("/proc/self/fd/" + std::to_string(fd)));
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

namespace caffe_multilabel {
namespace {

// Calls `seen` with the path of each file or folder that is synced while it lives.
class SyncWatch {
 public:
  explicit SyncWatch(std::function<void(const std::string&)> seen) { on_sync = std::move(seen); }
  ~SyncWatch() { on_sync = nullptr; }
  SyncWatch(const SyncWatch&) = delete;
  SyncWatch& operator=(const SyncWatch&) = delete;
};

namespace fs = std::filesystem;
using State = PairTarget::State;

class PublishTest : public PairFixture {};

TEST_F(PublishTest, MakesBothVisibleWithoutWorkingFiles) {
  make_unpublished();
  resume_ = true;
  PairTarget target = open();
  EXPECT_EQ(target.state(), State::kUnpublished);
  EXPECT_EQ(target.complete_images(), images_ + ".partial");
  target.publish();
  EXPECT_EQ(target.state(), State::kPublished);
  EXPECT_EQ(target.complete_images(), images_);
  expect_only_new_pair();
}

TEST_F(PublishTest, LeavesTheTargetFree) {
  make_unpublished();
  resume_ = true;
  PairTarget target = open();
  target.publish();
  overwrite_ = true;
  resume_ = false;
  EXPECT_EQ(state(), State::kNew);
}

TEST_F(PublishTest, ReplacesTheOldPair) {
  make_old_pair();
  make_unpublished();
  overwrite_ = resume_ = true;
  open().publish();
  expect_only_new_pair();
}

TEST_F(PublishTest, ReplacesHalfAnOldPair) {
  make(labels_, "old labels");
  make_unpublished();
  overwrite_ = resume_ = true;
  open().publish();
  expect_only_new_pair();
}

// An old pair that another program put there meanwhile is nobody's to replace.
TEST_F(PublishTest, RefusesATargetThatAppearedMeanwhile) {
  make_unpublished();
  resume_ = true;
  {
    PairTarget target = open();
    make(labels_, "theirs");
    EXPECT_EQ(error_of([&] { target.publish(); }).kind(), ErrorKind::kOutput);
  }
  EXPECT_EQ(word_in(labels_), "theirs");
  EXPECT_FALSE(exists(images_));
  fs::remove_all(labels_);
  open().publish();
  expect_only_new_pair();
}

// The renames of publish() one by one, over an old pair. A kill may come after any of them.
class KilledPublishTest : public PairFixture, public testing::WithParamInterface<size_t> {
 protected:
  // The state after GetParam() renames.
  void publish_and_die(bool over_old_pair) {
    if (over_old_pair) make_old_pair();
    make_unpublished();
    fs::remove(images_ + ".partial/job.json");
    fs::remove(images_ + ".partial/journal");
    std::vector<std::pair<std::string, std::string>> renames;
    if (over_old_pair) {
      renames.emplace_back(images_, images_ + ".partial.old");
      renames.emplace_back(labels_, labels_ + ".partial.old");
    }
    renames.emplace_back(images_ + ".partial", images_);
    renames.emplace_back(labels_ + ".partial", labels_);
    is_published_ = GetParam() >= renames.size();
    for (const std::string& folder : {images_, labels_}) {
      write_file(folder + ".partial/.lock", "");
    }
    for (size_t i = 0; i < std::min(GetParam(), renames.size()); ++i) {
      fs::rename(renames[i].first, renames[i].second);
    }
  }

  bool is_published_ = false;
};

TEST_P(KilledPublishTest, LeavesNoNewDbBesideAnOldOne) {
  publish_and_die(true);
  const std::string images = word_in(images_);
  const std::string labels = word_in(labels_);
  if (images.empty() || labels.empty()) return;
  EXPECT_EQ(images.substr(0, 3), labels.substr(0, 3));
}

TEST_P(KilledPublishTest, IsFinishedByResume) {
  publish_and_die(false);
  resume_ = true;
  {
    PairTarget target = open();
    EXPECT_EQ(target.state(), is_published_ ? State::kPublished : State::kUnpublished);
    if (!is_published_) target.publish();
  }
  expect_only_new_pair();
}

TEST_P(KilledPublishTest, IsFinishedByResumeOverAnOldPair) {
  publish_and_die(true);
  resume_ = true;
  overwrite_ = !is_published_;
  {
    PairTarget target = open();
    EXPECT_EQ(target.state(), is_published_ ? State::kPublished : State::kUnpublished);
    if (!is_published_) target.publish();
  }
  expect_only_new_pair();
}

TEST_P(KilledPublishTest, IsNotTakenForAFreeTarget) {
  publish_and_die(true);
  refused();
}

TEST_P(KilledPublishTest, CanBeStartedOver) {
  publish_and_die(true);
  overwrite_ = true;
  PairTarget target = open();
  ASSERT_EQ(target.state(), State::kNew);
  make_unpublished();
  target.publish();
  EXPECT_EQ(word_in(images_), "new images");
  EXPECT_EQ(word_in(labels_), "new labels");
  EXPECT_EQ(names_in(directory_.path()), (std::vector<std::string>{"images", "labels"}));
}

// With the DBs on two file systems the end of the machine may keep the second rename alone.
TEST_F(PublishTest, TakesUpAPairOfWhichOnlyTheLabelsAreOut) {
  make_unpublished();
  fs::remove(images_ + ".partial/job.json");
  fs::rename(labels_ + ".partial", labels_);
  EXPECT_TRUE(mentions(refused(), "an unfinished conversion is in " + images_ + ".partial"));
  resume_ = true;
  {
    PairTarget target = open();
    ASSERT_EQ(target.state(), State::kUnpublished);
    EXPECT_EQ(target.complete_images(), images_ + ".partial");
    EXPECT_EQ(target.complete_labels(), labels_);
    target.publish();
  }
  expect_only_new_pair();
}

// What the end of the machine may leave: for each parent folder what it held when it was last
// synced, or anything that it held since.
class SyncedPublishTest : public PairFixture {
 protected:
  SyncedPublishTest() {
    images_ = directory_.folder("a") + "/images";
    labels_ = directory_.folder("b") + "/labels";
    make_old_pair();
    make_unpublished();
    overwrite_ = resume_ = true;
    synced_images_ = word_in(images_);
    synced_labels_ = word_in(labels_);
  }

  void check_and_note(const std::string& folder) {
    if (word_in(labels_) == "new labels") {
      EXPECT_EQ(synced_images_, "new images");
    }
    if (word_in(images_) == "new images") {
      EXPECT_NE(synced_labels_, "old labels");
    }
    if (folder == directory_ / "a") synced_images_ = word_in(images_);
    if (folder == directory_ / "b") synced_labels_ = word_in(labels_);
  }

  std::string synced_images_;
  std::string synced_labels_;
};

TEST_F(SyncedPublishTest, NeverLeavesDbsThatDoNotBelongTogether) {
  {
    PairTarget target = open();
    const SyncWatch watch([this](const std::string& folder) { check_and_note(folder); });
    target.publish();
  }
  EXPECT_EQ(synced_images_, "new images");
  EXPECT_EQ(synced_labels_, "new labels");
}

INSTANTIATE_TEST_SUITE_P(Renames, KilledPublishTest, testing::Values(0, 1, 2, 3, 4));

}  // namespace
}  // namespace caffe_multilabel
