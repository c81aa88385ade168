#include "pair/manifest.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class ManifestTest : public testing::Test {
 protected:
  ManifestTest() {
    const float labels[] = {1, 2};
    records_.add("a.jpg", labels, 1);
    options_.label_shape = {2, 1, 1};
  }

  std::string job() const { return describe_job(records_, options_); }

  // What the job of `change`d options differs in.
  template <typename Change>
  std::string difference(const Change& change) {
    const std::string before = job();
    const ConvertOptions kept = options_;
    change();
    std::string text = job_difference(before, job());
    options_ = kept;
    return text;
  }

  RecordList records_{2};
  ConvertOptions options_;
};

TEST_F(ManifestTest, JobNamesTheOptionThatChangesTheBytes) {
  EXPECT_EQ(difference([] {}), "");
  EXPECT_EQ(difference([&] { options_.picture.gray = true; }), "gray is true, was false");
  EXPECT_EQ(difference([&] { options_.root = "r"; }), "root is \"r\", was \"\"");
  EXPECT_EQ(difference([&] { options_.picture.resize_width = 5; }), "resize_width is 5, was 0");
  EXPECT_EQ(difference([&] { options_.picture.encoded = true; }), "encoded is true, was false");
  EXPECT_EQ(difference([&] { options_.shuffle = true; }), "shuffle is true, was false");
  EXPECT_EQ(difference([&] { options_.label_shape = {1, 2, 1}; }),
            "label_shape is [1,2,1], was [2,1,1]");
  EXPECT_TRUE(
      mentions(difference([&] { records_.add("b", records_.labels(0), 2); }), "list_digest is"));
}

TEST_F(ManifestTest, SeedCountsOnlyWithShuffle) {
  EXPECT_EQ(difference([&] { options_.seed = 7; }), "");
  options_.shuffle = true;
  EXPECT_EQ(difference([&] { options_.seed = 7; }), "seed is 7, was 0");
}

TEST_F(ManifestTest, JobDoesNotTellHowTheWorkIsDone) {
  EXPECT_EQ(difference([&] {
              options_.threads = 8;
              options_.max_bad = 5;
              options_.fail_on_bad_image = true;
              options_.ignore_free_space = true;
              options_.target = {"images", "labels", true, true};
            }),
            "");
}

TEST_F(ManifestTest, JobOfAnotherToolDiffers) {
  EXPECT_NE(job_difference("{}", job()), "");
  EXPECT_NE(job_difference("garbage", job()), "");
  EXPECT_NE(job_difference("", job()), "");
}

TEST_F(ManifestTest, GivesBackItsSums) {
  const Tally tally{
      9, 7, 2, 3, UINT64_MAX, 5, record_digest("i", ""), record_digest("l", ""), {3, 1, 1}};
  const ConvertReport report = report_of(make_manifest(job(), tally, 2, "images"));
  EXPECT_EQ(report.total, 1U);
  EXPECT_EQ(report.converted, 7U);
  EXPECT_EQ(report.rejected, 2U);
  EXPECT_EQ(report.passed_through, 2U);
  EXPECT_EQ(report.reencoded, 3U);
  EXPECT_EQ(report.image_bytes, UINT64_MAX);
  EXPECT_EQ(report.label_bytes, 5U);
}

TEST_F(ManifestTest, GivesBackItsJob) {
  EXPECT_EQ(job_difference(job_of(make_manifest(job(), {}, 0, "images")), job()), "");
}

TEST_F(ManifestTest, OfBothDbsTellTheSamePair) {
  Tally tally;
  tally.images = record_digest("i", "");
  const std::string identity = pair_identity(make_manifest(job(), tally, 0, "images"));
  EXPECT_NE(identity, "");
  EXPECT_EQ(pair_identity(make_manifest(job(), tally, 0, "labels")), identity);
  tally.labels = record_digest("l", "");
  EXPECT_NE(pair_identity(make_manifest(job(), tally, 0, "labels")), identity);
}

TEST_F(ManifestTest, OfAnotherToolTellsNothing) {
  for (const char* text : {"", "garbage", "{}", "[]", "{\"job\": 5}", "{\"image_digest\": 5}"}) {
    EXPECT_EQ(pair_identity(text), "") << text;
    EXPECT_EQ(error_of([text] { report_of(text); }).kind(), ErrorKind::kDatabase) << text;
    EXPECT_NE(job_difference(job_of(text), job()), "") << text;
  }
}

TEST_F(ManifestTest, TakesPathsThatAreNoText) {
  options_.root = "\xff\xfe";
  EXPECT_TRUE(mentions(make_manifest(job(), {}, 0, "images"), "\"root\""));
}

}  // namespace
}  // namespace caffe_multilabel
