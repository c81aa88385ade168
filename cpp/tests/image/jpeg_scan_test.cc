#include "image/jpeg_scan.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <random>
#include <string>
#include <vector>

#include "image/jpeg.h"
#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class JpegScanTest : public testing::Test {
 protected:
  bool proves(const std::string& jpeg) { return scan_.proves(bytes_of(jpeg), jpeg.size()); }
  bool decodes(const std::string& jpeg) {
    cv::Mat pixels;
    return decoder_.decode(bytes_of(jpeg), jpeg.size(), false, &pixels, &problem_);
  }

  JpegScan scan_;
  JpegDecoder decoder_;
  std::string problem_;
};

std::string opencv_jpeg(const cv::Mat& pixels, const std::vector<int>& options) {
  std::vector<uint8_t> bytes;
  cv::imencode(".jpg", pixels, bytes, options);
  return {bytes.begin(), bytes.end()};
}

TEST_F(JpegScanTest, ProvesPlainImagesOfEverySize) {
  for (int width = 1; width <= 40; width += 3) {
    for (int height = 1; height <= 40; height += 5) {
      EXPECT_TRUE(proves(opencv_jpeg(noise(width, height, 3), {}))) << width << "x" << height;
    }
  }
}

TEST_F(JpegScanTest, ProvesEveryQualityAndTablesMadeForTheImage) {
  for (const int quality : {1, 10, 50, 75, 92, 100}) {
    for (const int optimized : {0, 1}) {
      EXPECT_TRUE(proves(opencv_jpeg(noise(70, 50, 3), {cv::IMWRITE_JPEG_QUALITY, quality,
                                                        cv::IMWRITE_JPEG_OPTIMIZE, optimized})))
          << quality;
    }
  }
}

TEST_F(JpegScanTest, ProvesGrayImagesAndRestarts) {
  JpegMaker maker;
  maker.components = 1;
  EXPECT_TRUE(proves(maker.make()));
  maker.components = 3;
  maker.restarts = true;
  EXPECT_TRUE(proves(maker.make()));
}

TEST_F(JpegScanTest, LeavesOtherKindsToTheLibrary) {
  JpegMaker progressive;
  progressive.progressive = true;
  EXPECT_FALSE(proves(progressive.make()));
  JpegMaker separate;
  separate.separate_scans = true;
  EXPECT_FALSE(proves(separate.make()));
  EXPECT_FALSE(proves(""));
  EXPECT_FALSE(proves("no image at all"));
}

TEST_F(JpegScanTest, ProvesNoImageThatIsCutOff) {
  const std::string jpeg = JpegMaker{}.make();
  for (size_t size = 0; size < jpeg.size(); ++size) {
    EXPECT_FALSE(proves(jpeg.substr(0, size))) << size;
  }
}

// The one thing that matters: what is proven, the library decodes, and finds nothing damaged.
TEST_F(JpegScanTest, ProvesNothingThatTheLibraryRefuses) {
  std::vector<std::string> originals;
  for (const bool restarts : {false, true}) {
    JpegMaker maker;
    maker.restarts = restarts;
    originals.push_back(maker.make());
    maker.components = 1;
    originals.push_back(maker.make());
  }
  originals.push_back(opencv_jpeg(noise(90, 70, 3), {cv::IMWRITE_JPEG_QUALITY, 98}));
  std::mt19937 random(20);
  int proven = 0;
  for (int round = 0; round < 20000; ++round) {
    std::string jpeg = originals[random() % originals.size()];
    for (unsigned change = 0; change <= random() % 3; ++change) {
      const size_t at = random() % jpeg.size();
      switch (random() % 3) {
        case 0:
          jpeg[at] = static_cast<char>(random());
          break;
        case 1:
          jpeg.erase(at, 1 + random() % 4);
          break;
        default:
          jpeg.insert(at, 1, static_cast<char>(random()));
      }
      if (jpeg.empty()) break;
    }
    if (!proves(jpeg)) continue;
    ++proven;
    EXPECT_TRUE(decodes(jpeg)) << "round " << round << ": " << problem_;
  }
  EXPECT_GT(proven, 100);  // changes of single values leave an image that decodes
}

}  // namespace
}  // namespace caffe_multilabel
