// Which options decide the bytes of a pair, so that a conversion cannot go on with others.
#include <gtest/gtest.h>

#include <string>

#include "jobs/convert.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class ConvertJobTest : public testing::Test {
 protected:
  ConvertJobTest() {
    const float labels[] = {1, 2};
    records_.add("a.jpg", labels, 1);
    options_.label_shape = {2, 1, 1};
  }

  Job job() const { return describe_job(records_, options_); }

  // What the job of `change`d options differs in.
  template <typename Change>
  std::string difference(const Change& change) {
    const Job before = job();
    const ConvertOptions kept = options_;
    change();
    std::string text = job_difference(before, job());
    options_ = kept;
    return text;
  }

  RecordList records_{2};
  ConvertOptions options_;
};

TEST_F(ConvertJobTest, NamesTheOptionThatChangesTheBytes) {
  EXPECT_EQ(difference([] {}), "");
  EXPECT_EQ(difference([&] { options_.image.gray = true; }), "gray is true, was false");
  EXPECT_EQ(difference([&] { options_.root = "r"; }), "root is \"r\", was \"\"");
  EXPECT_EQ(difference([&] { options_.image.resize_width = 5; }), "resize_width is 5, was 0");
  EXPECT_EQ(difference([&] { options_.image.encoded = true; }), "encoded is true, was false");
  EXPECT_EQ(difference([&] { options_.shuffle = true; }), "shuffle is true, was false");
  EXPECT_EQ(difference([&] { options_.label_shape = {1, 2, 1}; }),
            "label_shape is [1,2,1], was [2,1,1]");
  EXPECT_TRUE(
      mentions(difference([&] { records_.add("b", records_.labels(0), 2); }), "list_digest is"));
}

TEST_F(ConvertJobTest, CountsTheSeedOnlyWithShuffle) {
  EXPECT_EQ(difference([&] { options_.seed = 7; }), "");
  options_.shuffle = true;
  EXPECT_EQ(difference([&] { options_.seed = 7; }), "seed is 7, was 0");
}

TEST_F(ConvertJobTest, DoesNotTellHowTheWorkIsDone) {
  EXPECT_EQ(difference([&] {
              options_.threads = 8;
              options_.max_bad = 5;
              options_.fail_on_bad_image = true;
              options_.ignore_free_space = true;
              options_.target = {"images", "labels", true, true};
            }),
            "");
}

TEST_F(ConvertJobTest, DiffersFromThatOfAnotherTool) {
  for (const char* text : {"{}", "garbage", "", "[]", R"({"job": 5})", R"({"image_digest": 5})"}) {
    EXPECT_NE(job_difference(parse_job(text), job()), "") << text;
  }
}

TEST_F(ConvertJobTest, IsTheSameOnceWrittenAndRead) {
  options_.shuffle = true;
  options_.root = "\xff\xfe";
  options_.label_schema = "{\"tasks\": [0.5, null]}";
  options_.label_names = {"a", "b"};
  EXPECT_EQ(job_difference(parse_job(to_json(job())), job()), "");
}

}  // namespace
}  // namespace caffe_multilabel
