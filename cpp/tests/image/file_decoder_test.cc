#include "image/file_decoder.h"

#include <gtest/gtest.h>

#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <string>

#include "tests/support.h"

namespace caffe_multilabel {
namespace {

// Of files that OpenCV reads: what it gives.
TEST(FileDecoder, GivesWhatImreadGives) {
  const QuietStderr quiet;
  FileDecoder decoder;
  for (const std::string& name : golden_names()) {
    for (const bool gray : {false, true}) {
      const cv::Mat wanted =
          cv::imread(golden_path(name), gray ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
      cv::Mat found;
      std::string problem;
      ASSERT_EQ(decoder.decode(golden_path(name), gray, &found, &problem), !wanted.empty()) << name;
      if (wanted.empty()) continue;
      ASSERT_EQ(found.size(), wanted.size()) << name;
      EXPECT_EQ(cv::norm(found, wanted, cv::NORM_INF), 0) << name;
    }
  }
}

TEST(FileDecoder, SaysWhyThereIsNoFile) {
  const TemporaryDirectory directory;
  FileDecoder decoder;
  cv::Mat pixels;
  std::string problem;
  EXPECT_FALSE(decoder.decode(directory / "none", false, &pixels, &problem));
  EXPECT_TRUE(mentions(problem, "cannot be opened: No such file"));
  EXPECT_FALSE(decoder.decode(directory.path(), false, &pixels, &problem));
  EXPECT_TRUE(mentions(problem, "is a directory"));
  write_file(directory / "empty", "");
  EXPECT_FALSE(decoder.decode(directory / "empty", false, &pixels, &problem));
  EXPECT_EQ(problem, "is empty");
}

}  // namespace
}  // namespace caffe_multilabel
