// The bytes of a pair depend on the list and the options alone: not on threads or interruptions.
#include <gtest/gtest.h>

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "pair/writer.h"
#include "tests/images.h"
#include "tests/jobs/convert_fixture.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

constexpr int kCommit = PairWriter::kRecordsPerCommit;

struct Kind {
  const char* name;
  ImageOptions image;
};

std::vector<Kind> kinds() {
  std::vector<Kind> kinds{{"Raw", {}}, {"GrayResized", {}}, {"Encoded", {}}, {"AllPng", {}}};
  kinds[1].image.gray = true;
  kinds[1].image.resize_width = 17;
  kinds[1].image.resize_height = 23;
  kinds[2].image.encoded = true;
  kinds[3].image.encode_type = "png";
  return kinds;
}

class ThreadsTest : public ConverterFixture, public testing::WithParamInterface<Kind> {};

TEST_P(ThreadsTest, DoNotShowInTheBytes) {
  options_.root = GOLDEN_IMAGES;
  options_.image = GetParam().image;
  options_.shuffle = true;
  for (int round = 0; round < 5; ++round) {
    for (const std::string& name : golden_names()) add(name);
    add("missing");
  }
  const PairFiles wanted = run_as("one");
  for (const size_t threads : {2, 3, 8, 40}) {
    options_.threads = threads;
    expect_same(run_as(std::to_string(threads)), wanted);
  }
}

INSTANTIATE_TEST_SUITE_P(Kinds, ThreadsTest, testing::ValuesIn(kinds()),
                         [](const auto& test) { return std::string(test.param.name); });

// An image that is missing at first stops a run exactly where it stands.
class InterruptedTest : public ConverterFixture {
 protected:
  static std::string path_of(int index) { return "p" + std::to_string(index); }

  // `count` records of one image, of which those in `stops` are files of their own.
  void make_list(int count, const std::vector<int>& stops, const std::string& image) {
    image_ = image;
    write_file(options_.root + "/p", image);
    for (int index = 0; index < count; ++index) {
      const bool stops_here = std::count(stops.begin(), stops.end(), index) > 0;
      add(stops_here ? path_of(index) : index % 7 == 3 ? "missing" : "p");
    }
    for (const int stop : stops) write_file(options_.root + "/" + path_of(stop), image);
    wanted_ = run_as("unbroken");
    name_ = "pair";
    options_.target.resume = true;
  }

  // Runs into the image `stop`, which is put back afterwards. The bad ones between do not stop.
  void stop_at(int stop) {
    fs::remove(options_.root + "/" + path_of(stop));
    options_.max_bad = rejected_before(stop) + 1;
    const Error error = failure();
    EXPECT_EQ(error.kind(), ErrorKind::kImage);
    EXPECT_EQ(error.path(), path_of(stop));
    expect_nothing_published();
    options_.max_bad = 0;
    write_file(options_.root + "/" + path_of(stop), image_);
  }

  uint64_t rejected_before(int index) const {
    uint64_t count = 0;
    for (int i = 0; i < index; ++i) count += records_.path(static_cast<size_t>(i)) == "missing";
    return count;
  }

  std::string image_;
  PairFiles wanted_;
};

TEST_F(InterruptedTest, AnywhereEndsWithTheSameBytes) {
  const std::vector<int> stops = {0, 1, kCommit, kCommit + 166, kCommit + 167, 2 * kCommit + 900};
  make_list(2 * kCommit + 1000, stops, golden("one_pixel.png"));
  for (const int stop : stops) {
    stop_at(stop);
    const ConvertReport report = run();
    EXPECT_EQ(report.converted + report.rejected, records_.size());
    expect_same(files(), wanted_);
    fs::remove_all(options_.target.image_db);
    fs::remove_all(options_.target.label_db);
  }
}

TEST_F(InterruptedTest, AgainAndAgainEndsWithTheSameBytes) {
  const std::vector<int> stops = {2,          kCommit, kCommit + 1, kCommit + 400, kCommit + 600,
                                  2 * kCommit};
  make_list(2 * kCommit + 1000, stops, golden("one_pixel.png"));
  size_t threads = 1;
  for (const int stop : stops) {
    options_.threads = threads++;
    stop_at(stop);
  }
  const ConvertReport report = run();
  EXPECT_GT(report.resumed_at, static_cast<uint64_t>(kCommit));
  expect_same(files(), wanted_);
}

TEST_F(InterruptedTest, IsCheckedWithoutCallingBackAtEveryFewRecords) {
  make_list(2 * kCommit, {2 * kCommit - 10}, golden("one_pixel.png"));
  stop_at(2 * kCommit - 10);
  const auto begin = std::chrono::steady_clock::now();
  int calls = 0;
  run([&calls](const ConvertProgress& progress) { calls += progress.done == 0; });
  const auto taken = std::chrono::steady_clock::now() - begin;
  EXPECT_GE(calls, 1);
  EXPECT_LE(calls, 1 + taken / std::chrono::milliseconds(100));
  expect_same(files(), wanted_);
}

TEST_F(InterruptedTest, InLargeImagesEndsWithTheSameBytes) {
  const cv::Mat pixels(1000, 1000, CV_8UC3, cv::Scalar(1, 2, 3));
  make_list(8, {7}, encoded_as(".bmp", pixels));
  stop_at(7);
  const ConvertReport report = run();
  EXPECT_GT(report.resumed_at, 0U);
  expect_same(files(), wanted_);
}

TEST_F(InterruptedTest, BeforeTheLastCommitEndsWithTheSameBytes) {
  make_list(kCommit + 500, {}, golden("one_pixel.png"));
  const auto stop = [this](const ConvertProgress& progress) {
    if (progress.done == records_.size()) throw Error(ErrorKind::kCancelled, "planned");
  };
  EXPECT_EQ(failure(stop).kind(), ErrorKind::kCancelled);
  expect_nothing_published();
  EXPECT_GE(run().resumed_at, static_cast<uint64_t>(kCommit));
  expect_same(files(), wanted_);
}

TEST_F(InterruptedTest, BeforeTheFirstCommitLeavesNothing) {
  make_list(kCommit - 1, {500}, golden("one_pixel.png"));
  stop_at(500);
  EXPECT_FALSE(exists(options_.target.image_db + ".partial"));
  EXPECT_FALSE(exists(options_.target.label_db + ".partial"));
}

TEST_F(InterruptedTest, WithAnotherJobIsNotGoneOnWith) {
  make_list(2 * kCommit, {2 * kCommit - 10}, golden("one_pixel.png"));
  stop_at(2 * kCommit - 10);
  options_.image.gray = true;
  Error error = failure();
  EXPECT_EQ(error.kind(), ErrorKind::kOutput);
  EXPECT_TRUE(mentions(error.what(), "holds another conversion (gray is true, was false)"));
  options_.image.gray = false;
  add("p");
  error = failure();
  EXPECT_TRUE(mentions(error.what(), "holds another conversion (list_digest is"));
}

TEST_F(InterruptedTest, IsStartedOverByOverwrite) {
  make_list(2 * kCommit, {2 * kCommit - 10}, golden("one_pixel.png"));
  stop_at(2 * kCommit - 10);
  options_.target.resume = false;
  EXPECT_TRUE(mentions(failure().what(), "an unfinished conversion is in"));
  options_.target.overwrite = true;
  EXPECT_EQ(run().resumed_at, 0U);
  expect_same(files(), wanted_);
}

TEST_F(InterruptedTest, CompletePairIsLeftAsItIs) {
  make_list(50, {}, golden("one_pixel.png"));
  run();
  const ConvertReport report = run();
  EXPECT_TRUE(report.already_complete);
  EXPECT_EQ(report.converted + report.rejected, 50U);
  expect_same(files(), wanted_);
}

TEST_F(InterruptedTest, CompletePairThatWasDamagedSinceIsNamed) {
  make_list(50, {}, golden("one_pixel.png"));
  run();
  for (const std::string& folder : {options_.target.image_db, options_.target.label_db}) {
    const std::string whole = read_file(folder + "/data.mdb");
    fs::resize_file(folder + "/data.mdb", whole.size() - 1);
    const Error error = failure();
    EXPECT_EQ(error.kind(), ErrorKind::kDatabase);
    EXPECT_EQ(error.path(), folder);
    EXPECT_TRUE(mentions(error.what(), folder + "/data.mdb: is cut off"));
    write_file(folder + "/data.mdb", whole);
  }
  EXPECT_TRUE(run().already_complete);
}

TEST_F(InterruptedTest, CompletePairOfAnotherJobIsNotTakenForThis) {
  make_list(50, {}, golden("one_pixel.png"));
  run();
  options_.shuffle = true;
  EXPECT_TRUE(mentions(failure().what(), "holds another conversion"));
  expect_same(files(), wanted_);
}

// A target that another program made meanwhile: the pair is complete, but not out.
TEST_F(InterruptedTest, BeforeTheRenamesIsOnlyPublished) {
  make_list(kCommit + 10, {}, golden("one_pixel.png"));
  const auto take_target = [this](const ConvertProgress&) {
    fs::create_directory(options_.target.label_db);
  };
  EXPECT_EQ(failure(take_target).kind(), ErrorKind::kOutput);
  EXPECT_FALSE(exists(options_.target.image_db));
  fs::remove(options_.target.label_db);
  EXPECT_TRUE(run().already_complete);
  expect_same(files(), wanted_);
}

}  // namespace
}  // namespace caffe_multilabel
