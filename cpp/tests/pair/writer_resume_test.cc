// A pair that was stopped at any point ends with the bytes of one that was not.
#include <gtest/gtest.h>

#include <filesystem>
#include <random>
#include <string>

#include "tests/pair/writer_fixture.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kCount = 3 * kEvery + 500;

// Places of rejects that are on the edge of a commit, or make one.
const std::vector<std::set<uint64_t>> kRejects = {
    {},
    {0},
    {kEvery - 1, kEvery, kEvery + 1},
    {5, 2 * kEvery, 2 * kEvery + 1, 2 * kEvery + 2, kCount - 1},
    {kCount - 3, kCount - 2, kCount - 1},
};

class PairResumeTest : public PairWriterFixture, public testing::WithParamInterface<size_t> {
 protected:
  PairResumeTest() { rejects_ = kRejects[GetParam()]; }

  static void copy(const std::string& from, const std::string& to) {
    fs::remove_all(to);
    fs::copy(from, to);
  }

  // The DBs as a kill between the two commits leaves them: the image DB and the journal of a pair
  // that got to `ahead`, the label DB of one that got to `behind`.
  Pair half_committed(uint64_t behind, uint64_t ahead, bool finished = false) {
    const Pair labels = make_pair("behind");
    const Pair images = make_pair("ahead");
    write(labels, behind);
    write(images, ahead, finished);
    const Pair pair = make_pair("half");
    copy(images.images, pair.images);
    copy(labels.labels, pair.labels);
    return pair;
  }
};

TEST_P(PairResumeTest, StoppedAnywhereEndsWithTheSameBytes) {
  const Pair wanted = unbroken(kCount);
  std::mt19937 random(3);
  for (int run = 0; run < 3; ++run) {
    const Pair pair = make_pair("pair" + std::to_string(run));
    for (uint64_t end = 0; end < kCount; end += 1 + random() % (2 * kEvery)) write(pair, end);
    write(pair, kCount, true);
    expect_same(pair, wanted);
  }
}

TEST_P(PairResumeTest, StoppedAtEachCommitEndsWithTheSameBytes) {
  const Pair wanted = unbroken(kCount);
  const Pair pair = make_pair("pair");
  for (uint64_t at = kEvery; at < kCount; at += kEvery) {
    for (const uint64_t end : {at - 1, at, at + 1, at + rejects_.size()}) write(pair, end);
  }
  write(pair, kCount, true);
  write(pair, kCount, true);  // once more, with nothing to do
  expect_same(pair, wanted);
}

TEST_P(PairResumeTest, StoppedBetweenTheTwoCommitsEndsWithTheSameBytes) {
  const Pair wanted = unbroken(kCount);
  for (uint64_t commit = 1; commit <= 3; ++commit) {
    // Enough for so many commits, whatever was rejected, and not for one more.
    const uint64_t behind = (commit - 1) * kEvery + 100;
    const Pair pair = half_committed(behind, behind + kEvery);
    EXPECT_EQ(committed(pair.images), commit * kEvery);
    EXPECT_EQ(committed(pair.labels), (commit - 1) * kEvery);
    write(pair, kCount, true);
    expect_same(pair, wanted);
  }
}

// As the end of the machine can leave it.
TEST_P(PairResumeTest, StoppedWithImagesSeveralCommitsAheadEndsWithTheSameBytes) {
  const Pair wanted = unbroken(kCount);
  const Pair pair = half_committed(100, kCount, true);
  EXPECT_EQ(committed(pair.labels), 0U);
  write(pair, kEvery + 500);
  EXPECT_EQ(committed(pair.labels), kEvery);
  write(pair, kCount, true);
  expect_same(pair, wanted);
}

TEST_P(PairResumeTest, StoppedBetweenTheLastTwoCommitsEndsWithTheSameBytes) {
  const Pair wanted = unbroken(kCount);
  const Pair pair = half_committed(kCount - 100, kCount, true);
  write(pair, kCount, true);
  expect_same(pair, wanted);
}

TEST_P(PairResumeTest, StoppedTwiceInTheSameCommitEndsWithTheSameBytes) {
  const Pair wanted = unbroken(kCount);
  const Pair pair = half_committed(kEvery + 100, 2 * kEvery + 100);
  write(pair, kEvery + 500);
  write(pair, 2 * kEvery + 50);
  write(pair, kCount, true);
  expect_same(pair, wanted);
}

TEST_P(PairResumeTest, StoppedBeforeBothCommitsEndsWithTheSameBytes) {
  const Pair wanted = unbroken(kCount);
  const Pair behind = make_pair("behind");
  const Pair ahead = make_pair("ahead");
  write(behind, kEvery + 100);
  write(ahead, 2 * kEvery + 100);
  // Of the second commit only the journal knows.
  fs::copy(ahead.images + "/journal", behind.images + "/journal",
           fs::copy_options::overwrite_existing);
  write(behind, kCount, true);
  expect_same(behind, wanted);
}

TEST_P(PairResumeTest, StoppedWhileTheJournalWasWrittenEndsWithTheSameBytes) {
  const Pair wanted = unbroken(kCount);
  const Pair pair = make_pair("pair");
  write(pair, kEvery + 100);
  write_file(pair.images + "/journal",
             read_file(pair.images + "/journal") + R"({"first_shape":[0,0,)");
  write(pair, kCount, true);
  expect_same(pair, wanted);
}

INSTANTIATE_TEST_SUITE_P(Rejects, PairResumeTest, testing::Range(size_t{0}, kRejects.size()));

class LargeRecordsTest : public PairWriterFixture {};

// Commits that fall by bytes, and a huge record that begins one.
TEST_F(LargeRecordsTest, StoppedAnywhereEndWithTheSameBytes) {
  constexpr uint64_t kBytes = PairWriter::kBytesPerCommit;
  const std::vector<size_t> sizes = {1, 1, kBytes + 1, 1, kBytes / 2, kBytes / 2, 1};
  image_size_ = [&](uint64_t index) { return sizes[index]; };
  const Pair wanted = unbroken(sizes.size());
  EXPECT_EQ(Journal(wanted.images + "/journal").read().size(), 4U);
  const Pair pair = make_pair("pair");
  for (const uint64_t end : {2, 5}) write(pair, end);
  write(pair, sizes.size(), true);
  expect_same(pair, wanted);
}

}  // namespace
}  // namespace caffe_multilabel
