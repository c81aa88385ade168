// One folder of a pair: its lock, its steps, and what a kill between two of them leaves.
#include "pair/folder_swap.h"

#include <gtest/gtest.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class FolderSwapTest : public testing::Test {
 protected:
  void make(const std::string& folder, const std::string& word) {
    directory_.folder(folder);
    write_file(directory_ / (folder + "/data.mdb"), word);
  }

  std::vector<std::string> names() const { return names_in(directory_.path()); }
  std::string word() const { return read_file(directory_ / "db/data.mdb"); }

  void publish() {
    swap_.move_target_away();
    swap_.put_in_place();
    swap_.drop_published_lock();
    swap_.remove_old();
  }

  TemporaryDirectory directory_;
  FolderSwap swap_{directory_ / "db", ".partial", "somebody is at work"};
};

TEST_F(FolderSwapTest, NamesItsFoldersBesideTheTarget) {
  const FolderSwap swap("a/db", ".relabel", "");
  EXPECT_EQ(swap.target(), "a/db");
  EXPECT_EQ(swap.work(), "a/db.relabel");
  EXPECT_EQ(swap.old(), "a/db.relabel.old");
  EXPECT_EQ(swap.lock_folder(), "a/db.partial");
  EXPECT_EQ(swap.parent(), "a");
}

TEST_F(FolderSwapTest, IsLockedByOneOnlyWhateverItsWorkFolder) {
  swap_.lock();
  FolderSwap other(directory_ / "db", ".relabel", "somebody is at work");
  const Error error = error_of([&] { other.lock(); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_EQ(error.what(), (directory_ / "db") + ": somebody is at work");
  EXPECT_FALSE(other.is_locked());
  swap_.unlock();
  other.lock();
  EXPECT_TRUE(other.is_locked());
}

TEST_F(FolderSwapTest, RefusesNamesOfEveryJobsFolders) {
  for (const char* end : {".partial", ".partial.old", ".relabel", ".relabel.old"}) {
    for (const char* work_end : {".partial", ".relabel"}) {
      const Error error = error_of([&] { FolderSwap("a/db" + std::string(end), work_end, ""); });
      EXPECT_EQ(error.kind(), ErrorKind::kOption) << end;
      EXPECT_TRUE(mentions(error.what(), "names with this ending are for")) << end;
    }
  }
  FolderSwap("a/db.old", ".partial", "");
}

// Each takes away the folder and the file that the other is about to open.
TEST_F(FolderSwapTest, TakesALockThatAnotherJobLetsGoOf) {
  const auto job = [this] {
    for (int i = 0; i < 3000; ++i) {
      FolderSwap swap(directory_ / "db", ".partial", "somebody is at work");
      try {
        swap.lock();
      } catch (const Error& error) {
        EXPECT_EQ(error.what(), (directory_ / "db") + ": somebody is at work");
      }
    }
  };
  std::thread other(job);
  job();
  other.join();
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(FolderSwapTest, LeavesNothingOfItsLock) {
  swap_.lock();
  EXPECT_TRUE(swap_.lock_is_alone());
  swap_.unlock();
  EXPECT_EQ(names(), std::vector<std::string>{});
}

TEST_F(FolderSwapTest, KeepsAFolderWithWorkInIt) {
  swap_.lock();
  write_file(swap_.work() + "/data.mdb", "half");
  EXPECT_FALSE(swap_.lock_is_alone());
  swap_.unlock();
  EXPECT_EQ(names_in(swap_.work()), (std::vector<std::string>{".lock", "data.mdb"}));
}

TEST_F(FolderSwapTest, LeavesTheLockOfTheNextJobAlone) {
  swap_.lock();
  publish();
  FolderSwap next(directory_ / "db", ".partial", "");
  next.lock();
  swap_.unlock();
  EXPECT_TRUE(exists(directory_ / "db.partial/.lock"));
}

TEST_F(FolderSwapTest, EmptiesItsWorkButKeepsTheLock) {
  swap_.lock();
  write_file(swap_.work() + "/data.mdb", "half");
  swap_.empty_work();
  EXPECT_TRUE(swap_.lock_is_alone());
}

TEST_F(FolderSwapTest, DiscardsItsWorkButKeepsTheLock) {
  swap_.discard_work();  // there is none
  swap_.lock();
  write_file(swap_.work() + "/data.mdb", "half");
  swap_.discard_work();
  EXPECT_TRUE(swap_.lock_is_alone());
}

TEST_F(FolderSwapTest, PutsTheNewFolderInThePlaceOfTheOld) {
  make("db", "old");
  swap_.lock();
  write_file(swap_.work() + "/data.mdb", "new");
  publish();
  EXPECT_EQ(names(), std::vector<std::string>{"db"});
  EXPECT_EQ(names_in(directory_ / "db"), std::vector<std::string>{"data.mdb"});
  EXPECT_EQ(word(), "new");
}

TEST_F(FolderSwapTest, IsTakenUpAgainAfterAnyStep) {
  for (int steps = 0; steps <= 3; ++steps) {
    make("db", "old");
    make("db.partial", "new");
    if (steps > 0) swap_.move_target_away();
    if (steps > 1) swap_.put_in_place();
    if (steps > 2) swap_.remove_old();
    if (exists(swap_.work())) swap_.move_target_away();
    swap_.put_in_place();
    swap_.remove_old();
    EXPECT_EQ(names(), std::vector<std::string>{"db"}) << steps;
    EXPECT_EQ(word(), "new") << steps;
    remove_tree(directory_ / "db");
  }
}

TEST_F(FolderSwapTest, MovesAnOldFolderOverAnOlderOne) {
  make("db", "old");
  make("db.partial.old", "older");
  swap_.move_target_away();
  EXPECT_EQ(names(), std::vector<std::string>{"db.partial.old"});
  EXPECT_EQ(read_file(swap_.old() + "/data.mdb"), "old");
}

TEST_F(FolderSwapTest, SaysWhatCannotBeRenamed) {
  make("db.partial", "new");
  write_file(directory_ / "db", "a file");
  const Error error = error_of([this] { swap_.put_in_place(); });
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_TRUE(mentions(error.what(), "cannot be renamed from"));
}

TEST_F(FolderSwapTest, FindsAFileThatIsNotItsOwn) {
  make("db", "old");
  std::error_code error;
  EXPECT_EQ(foreign_name(directory_ / "db", {"data.mdb"}, &error), std::nullopt);
  write_file(directory_ / "db/thesis.tex", "");
  EXPECT_EQ(foreign_name(directory_ / "db", {"data.mdb"}, &error), "thesis.tex");
  EXPECT_FALSE(error);
  EXPECT_EQ(foreign_name(directory_ / "db/data.mdb", {}, &error), std::nullopt);
  EXPECT_TRUE(error);
}

}  // namespace
}  // namespace caffe_multilabel
