// What counts as the image of a file, for each way in which a record may store it.
#include "image/match.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <optional>
#include <string>
#include <vector>

#include "image/record_builder.h"
#include "tests/images.h"
#include "tests/stored_records.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class ImageMatcherTest : public testing::Test {
 protected:
  std::string record_of(const std::string& path) { return record_of_all({path}); }

  std::string record_of_all(const std::vector<std::string>& paths) {
    ImageDatum datum;
    ImageRecordBuilder::Result result;
    std::string problem;
    EXPECT_TRUE(ImageRecordBuilder(options_).build(paths, &datum, &result, &problem)) << problem;
    return std::string(datum.finish(0));
  }

  std::optional<std::string> difference(const std::string& path, const std::string& record) {
    return difference_to_all({path}, record);
  }

  std::optional<std::string> difference_to_all(const std::vector<std::string>& paths,
                                               const std::string& record) {
    DatumView stored;
    cv::Mat pixels;
    std::string problem;
    EXPECT_TRUE(parse_datum(record, &stored, &problem)) << problem;
    if (stored.encoded) {
      EXPECT_TRUE(ImageDecoder().decode_stored(bytes_of(stored.data), stored.data.size(), &pixels,
                                               &problem))
          << problem;
    }
    return matcher_.difference(paths, stored, pixels);
  }

  ImageOptions options_;
  ImageMatcher matcher_;
  const QuietStderr quiet_;
};

TEST_F(ImageMatcherTest, TakesEveryWayOfStoring) {
  for (const char* type : {"", "jpg", "png"}) {
    for (const bool gray : {false, true}) {
      for (const int side : {0, 20}) {
        options_ = {};
        options_.encode_type = type;
        options_.gray = gray;
        options_.resize_width = options_.resize_height = side;
        for (const char* name : {"plain.jpg", "png_rgb.png", "jpeg_exif6.jpg", "png_gray.png"}) {
          const std::string path = golden_path(name);
          EXPECT_EQ(difference(path, record_of(path)), std::nullopt)
              << name << type << gray << side;
        }
      }
    }
  }
}

TEST_F(ImageMatcherTest, TakesTheFilesOwnBytes) {
  EXPECT_EQ(difference(golden_path("plain.jpg"), encoded_record(golden("plain.jpg"))),
            std::nullopt);
}

TEST_F(ImageMatcherTest, TakesTheFilesOwnBytesWithTheEndThatItLacks) {
  const TemporaryDirectory directory;
  const std::string path = directory / "cut.jpg";
  for (const size_t left : {1, 2}) {
    write_file(path, golden("plain.jpg").substr(0, golden("plain.jpg").size() - left));
    for (const bool encoded : {false, true}) {
      options_.encoded = encoded;
      EXPECT_EQ(difference(path, record_of(path)), std::nullopt) << left << encoded;
    }
    EXPECT_NE(difference(path, encoded_record(golden("tall.jpg"))), std::nullopt);
  }
}

TEST_F(ImageMatcherTest, SeesOnePixelThatDiffers) {
  const TemporaryDirectory directory;
  const std::string path = directory / "image.png";
  cv::Mat pixels = noise(9, 7, 3);
  write_file(path, encoded_as(".png", pixels));
  for (const char* type : {"", "png"}) {
    options_.encode_type = type;
    EXPECT_EQ(difference(path, record_of(path)), std::nullopt);
  }
  pixels.at<cv::Vec3b>(3, 4)[1] ^= 1U;
  const std::string other = directory / "other.png";
  write_file(other, encoded_as(".png", pixels));
  for (const char* type : {"", "png"}) {
    options_.encode_type = type;
    EXPECT_TRUE(mentions(difference(path, record_of(other)).value_or(""), "1 at most")) << type;
  }
}

TEST_F(ImageMatcherTest, SeesAnotherImageInAJpegRecord) {
  const TemporaryDirectory directory;
  const std::string path = directory / "image.png";
  const std::string other = directory / "other.png";
  const cv::Mat pixels = noise(32, 24, 3);
  write_file(path, encoded_as(".png", pixels));
  write_file(other, encoded_as(".png", 255 - pixels));
  options_.encode_type = "jpg";
  EXPECT_EQ(difference(path, record_of(path)), std::nullopt);
  EXPECT_TRUE(mentions(difference(path, record_of(other)).value_or(""), "differs from"));
}

TEST_F(ImageMatcherTest, SaysWhyItCannotCompare) {
  const TemporaryDirectory directory;
  const std::string path = golden_path("plain.jpg");
  const std::string record = record_of(path);
  EXPECT_TRUE(mentions(difference(directory / "missing", record).value_or(""), "No such file"));
  write_file(directory / "empty", "");
  EXPECT_TRUE(mentions(difference(directory / "empty", record).value_or(""), "is empty"));
  write_file(directory / "text", "no image");
  EXPECT_TRUE(difference(directory / "text", record));
  EXPECT_EQ(difference(path, label_record({1, 2})), "holds no pixels to compare");
  EXPECT_TRUE(mentions(difference(path, raw_record({2, 4, 4}, 0)).value_or(""), "is 2 x 4 x 4"));
}

TEST_F(ImageMatcherTest, ComparesEachImageOfARecord) {
  const std::vector<std::string> paths = {golden_path("plain.jpg"), golden_path("png_rgb.png")};
  for (const bool gray : {false, true}) {
    options_.gray = gray;
    options_.resize_width = options_.resize_height = 20;
    const std::string record = record_of_all(paths);
    EXPECT_EQ(difference_to_all(paths, record), std::nullopt);
    EXPECT_TRUE(mentions(difference_to_all({paths[0], paths[0]}, record).value_or(""),
                         "image 2: differs from " + paths[0]));
    EXPECT_TRUE(
        mentions(difference_to_all({paths[1], paths[1]}, record).value_or(""), "image 1: differs"));
    EXPECT_TRUE(difference_to_all({paths[0], paths[1], paths[0], paths[1]}, record));
  }
}

// Green and red of it are what ramps are.
TEST_F(ImageMatcherTest, TakesAnImageOfItsOwnPlaces) {
  const TemporaryDirectory directory;
  const std::string path = directory / "places.png";
  cv::Mat places = noise(9, 7, 3);
  for (int row = 0; row < places.rows; ++row) {
    for (int column = 0; column < places.cols; ++column) {
      auto& pixel = places.at<cv::Vec3b>(row, column);
      pixel[1] = static_cast<uint8_t>(column);
      pixel[2] = static_cast<uint8_t>(row);
    }
  }
  write_file(path, encoded_as(".png", places));
  EXPECT_EQ(difference(path, record_of(path)), std::nullopt);
  const std::vector<std::string> both = {path, path};
  EXPECT_EQ(difference_to_all(both, record_of_all(both)), std::nullopt);
  options_.ramps = true;
  EXPECT_EQ(difference(path, record_of(path)), std::nullopt);
  const std::string other = directory / "other.png";
  write_file(other, encoded_as(".png", 255 - places));
  for (const bool ramps : {false, true}) {
    options_.ramps = ramps;
    EXPECT_TRUE(difference(other, record_of(path)));
  }
}

TEST_F(ImageMatcherTest, SaysWhatIsNoRecordOfSeveralImages) {
  const std::vector<std::string> paths(2, golden_path("plain.jpg"));
  const auto said = [&](const std::string& record) {
    return difference_to_all(paths, record).value_or("");
  };
  EXPECT_EQ(said(record_of(paths[0])), "has 3 channels, which are no 2 images");
  EXPECT_TRUE(mentions(said(encoded_record(golden("plain.jpg"))), "is encoded"));
  EXPECT_EQ(said(label_record({1, 2})), "holds no pixels to compare");
  EXPECT_TRUE(mentions(said(raw_record({4, 4, 4}, 0)), "image 1: is 2 x 4 x 4"));
}

}  // namespace
}  // namespace caffe_multilabel
