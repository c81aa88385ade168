#include "image/record_builder.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <functional>
#include <opencv2/imgcodecs.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class ImageRecordTest : public testing::Test {
 protected:
  bool build(const std::string& path) { return build_all({path}); }

  bool build_all(const std::vector<std::string>& paths) {
    options_.validate(paths.size());
    ImageRecordBuilder builder(options_);
    if (!builder.build(paths, &datum_, &result_, &problem_)) return false;
    value_ = datum_.finish(0);
    EXPECT_TRUE(parse_datum(value_, &view_, &problem_));
    return true;
  }

  std::string refused(const std::string& path) {
    EXPECT_FALSE(build(path));
    return problem_;
  }

  // The pixels Caffe's Data layer would see.
  cv::Mat seen() const {
    return cv::imdecode(std::vector<uint8_t>(view_.data.begin(), view_.data.end()),
                        cv::IMREAD_UNCHANGED);
  }

  TemporaryDirectory directory_;
  ImageOptions options_;
  ImageDatum datum_;
  ImageRecordBuilder::Result result_;
  std::string value_;
  DatumView view_;
  std::string problem_;
};

TEST_F(ImageRecordTest, RawHoldsPlanesOfTheDecodedImage) {
  ASSERT_TRUE(build(golden_path("png_rgb.png"))) << problem_;
  const cv::Mat pixels = cv::imread(golden_path("png_rgb.png"));
  EXPECT_EQ(result_.stored, Stored::kRaw);
  EXPECT_EQ(result_.shape, (Shape{3, pixels.rows, pixels.cols}));
  EXPECT_EQ(view_.shape, result_.shape);
  EXPECT_FALSE(view_.encoded);
  std::string planes(result_.shape.size(), '\0');
  to_planes(pixels, reinterpret_cast<uint8_t*>(planes.data()));
  EXPECT_TRUE(same_bytes(view_.data, planes));
}

TEST_F(ImageRecordTest, GrayHasOneChannel) {
  options_.gray = true;
  ASSERT_TRUE(build(golden_path("plain.jpg")));
  EXPECT_EQ(view_.shape.channels, 1);
}

TEST_F(ImageRecordTest, ResizesToWidthAndHeight) {
  options_.resize_width = 20;
  options_.resize_height = 10;
  ASSERT_TRUE(build(golden_path("tall.jpg")));
  EXPECT_EQ(view_.shape, (Shape{3, 10, 20}));
  EXPECT_EQ(view_.data.size(), 600U);
}

TEST_F(ImageRecordTest, EncodedPassesAFileThrough) {
  options_.encoded = true;
  for (const bool trust : {false, true}) {
    options_.trust = trust;
    for (const char* name : {"plain.jpg", "png_rgb.png", "jpeg_progressive.jpg", "png_named.jpg"}) {
      ASSERT_TRUE(build(golden_path(name))) << problem_;
      EXPECT_EQ(result_.stored, Stored::kPassedThrough) << name;
      EXPECT_TRUE(same_bytes(view_.data, golden(name)));
      EXPECT_TRUE(view_.encoded);
      EXPECT_EQ(view_.shape, Shape{});
      EXPECT_EQ(result_.shape, shape_of(seen()));
    }
  }
}

// What goes in for a file that may not pass shows Caffe the pixels of a raw record.
TEST_F(ImageRecordTest, EncodedShowsWhatRawHolds) {
  options_.encoded = true;
  for (const char* name : {"png_rgba.png", "png_gray.png", "png_16bit.png"}) {
    ASSERT_TRUE(build(golden_path(name))) << problem_;
    EXPECT_EQ(result_.stored, Stored::kReencoded) << name;
    EXPECT_EQ(view_.data.substr(1, 3), "PNG");
    EXPECT_EQ(cv::norm(seen(), cv::imread(golden_path(name)), cv::NORM_INF), 0) << name;
  }
  for (const char* name : {"jpeg_exif6.jpg", "jpeg_gray.jpg", "bitmap.bmp", "png_palette.png"}) {
    ASSERT_TRUE(build(golden_path(name))) << problem_;
    const bool lossless = result_.stored == Stored::kPassedThrough;
    EXPECT_EQ(seen().size(), cv::imread(golden_path(name)).size()) << name;
    EXPECT_EQ(seen().channels(), 3) << name;
    EXPECT_LE(cv::norm(seen(), cv::imread(golden_path(name)), cv::NORM_L1) /
                  static_cast<double>(seen().total()),
              lossless ? 0 : 20)
        << name;
  }
}

TEST_F(ImageRecordTest, EncodeTypeTurnsEncodedOn) {
  options_.encode_type = "png";
  ASSERT_TRUE(build(golden_path("plain.jpg")));
  EXPECT_EQ(result_.stored, Stored::kReencoded);
  EXPECT_EQ(view_.data.substr(1, 3), "PNG");
  ASSERT_TRUE(build(golden_path("png_rgb.png")));
  EXPECT_EQ(result_.stored, Stored::kPassedThrough);
}

TEST_F(ImageRecordTest, EncodeTypeJpegKeepsJpegs) {
  for (const char* type : {"jpg", "jpeg"}) {
    options_.encode_type = type;
    ASSERT_TRUE(build(golden_path("plain.jpg")));
    EXPECT_EQ(result_.stored, Stored::kPassedThrough);
    ASSERT_TRUE(build(golden_path("png_rgb.png")));
    EXPECT_EQ(view_.data.substr(0, 3), "\xff\xd8\xff");
  }
}

TEST_F(ImageRecordTest, ResizedIsEncodedAgain) {
  options_.encoded = true;
  options_.resize_width = options_.resize_height = 8;
  ASSERT_TRUE(build(golden_path("plain.jpg")));
  EXPECT_EQ(result_.stored, Stored::kReencoded);
  EXPECT_EQ(result_.shape, (Shape{3, 8, 8}));
  EXPECT_EQ(seen().size(), cv::Size(8, 8));
}

TEST_F(ImageRecordTest, IsTheSameFromAUsedBuilder) {
  for (const bool encoded : {false, true}) {
    options_.encoded = encoded;
    ImageRecordBuilder used(options_);
    for (const std::string& name : golden_names()) {
      ASSERT_TRUE(build(golden_path(name))) << name;
      ImageDatum datum;
      ASSERT_TRUE(used.build({golden_path(name)}, &datum, &result_, &problem_));
      EXPECT_TRUE(same_bytes(datum.finish(0), value_)) << name;
    }
  }
}

TEST_F(ImageRecordTest, RefusesWhatIsNoImageFile) {
  ASSERT_EQ(::mkfifo((directory_ / "fifo").c_str(), 0666), 0);
  write_file(directory_ / "empty", "");
  write_file(directory_ / "text", "text");
  for (const bool encoded : {false, true}) {
    options_.encoded = encoded;
    EXPECT_EQ(refused(directory_ / "missing"), "No such file or directory");
    EXPECT_EQ(refused(directory_.path()), "is a directory");
    EXPECT_EQ(refused(directory_ / "fifo"), "is not a regular file");
    EXPECT_EQ(refused(directory_ / "empty"), "is empty");
    EXPECT_EQ(refused(directory_ / "text"), "is no image that OpenCV can decode, or a broken one");
  }
}

TEST_F(ImageRecordTest, RefusesACutOffImageWhetherStoredOrNot) {
  const QuietStderr quiet;
  for (const std::string name : {"plain.jpg", "png_rgb.png", "jpeg_progressive.jpg"}) {
    write_file(directory_ / name, golden(name).substr(0, golden(name).size() / 2));
    for (const bool encoded : {false, true}) {
      options_.encoded = encoded;
      EXPECT_FALSE(build(directory_ / name)) << name << ", encoded " << encoded;
    }
  }
}

class JpegWithoutEndTest : public ImageRecordTest, public testing::WithParamInterface<const char*> {
 protected:
  // The record of the whole file, then those of the file without its end, or half of that.
  void expect_same_record() {
    ASSERT_TRUE(build(golden_path(GetParam()))) << problem_;
    EXPECT_FALSE(result_.lacked_end);
    const std::string wanted = value_;
    const ImageRecordBuilder::Result whole = result_;
    for (const size_t left : {2, 1}) {
      write_file(cut_, golden(GetParam()).substr(0, golden(GetParam()).size() - left));
      ASSERT_TRUE(build(cut_)) << problem_;
      EXPECT_TRUE(result_.lacked_end);
      EXPECT_EQ(result_.stored, whole.stored);
      EXPECT_EQ(result_.shape, whole.shape);
      EXPECT_TRUE(same_bytes(value_, wanted)) << left;
    }
  }

  const std::string cut_ = directory_ / "cut.jpg";
};

TEST_P(JpegWithoutEndTest, BecomesTheRecordOfTheWholeFile) {
  for (const bool gray : {false, true}) {
    for (const int side : {0, 9}) {
      for (const char* type : {"raw", "", "jpg", "png"}) {
        options_ = {};
        options_.gray = gray;
        options_.resize_width = options_.resize_height = side;
        options_.encoded = std::string(type) != "raw";
        options_.encode_type = options_.encoded ? type : "";
        SCOPED_TRACE(std::string(type) + ", gray " + std::to_string(gray) + ", side " +
                     std::to_string(side));
        expect_same_record();
      }
    }
  }
}

TEST_P(JpegWithoutEndTest, IsCompletedThoughTrusted) {
  options_.encoded = options_.trust = true;
  expect_same_record();
}

TEST_P(JpegWithoutEndTest, IsRejectedOneByteEarlier) {
  write_file(cut_, golden(GetParam()).substr(0, golden(GetParam()).size() - 3));
  const std::pair<bool, bool> ways[] = {{false, false}, {true, false}, {true, true}};
  for (const auto& [encoded, trust] : ways) {
    options_.encoded = encoded;
    options_.trust = trust;
    EXPECT_EQ(refused(cut_), "broken JPEG: its data is damaged or cut off");
  }
}

INSTANTIATE_TEST_SUITE_P(Jpeg, JpegWithoutEndTest,
                         testing::Values("plain.jpg", "jpeg_progressive.jpg", "jpeg_gray.jpg",
                                         "jpeg_exif6.jpg", "jpeg_cmyk.jpg"));

class ImageOptionsTest : public testing::Test {
 protected:
  std::string refused() {
    const Error error = error_of([this] { options_.validate(); });
    EXPECT_EQ(error.kind(), ErrorKind::kOption);
    return error.what();
  }

  ImageOptions options_;
};

TEST_F(ImageOptionsTest, WantBothSidesOfASize) {
  options_.resize_width = 10;
  EXPECT_TRUE(mentions(refused(), "both resize_width and resize_height"));
  options_ = {};
  options_.resize_height = 10;
  EXPECT_TRUE(mentions(refused(), "both resize_width and resize_height"));
}

TEST_F(ImageOptionsTest, WantASizeThatADatumHolds) {
  options_.resize_width = -1;
  EXPECT_TRUE(mentions(refused(), "negative"));
  options_.resize_width = options_.resize_height = 32768;
  EXPECT_TRUE(mentions(refused(), "too large"));
  options_.resize_width = 40000;
  options_.resize_height = 1;
  EXPECT_TRUE(mentions(refused(), "too large"));
}

TEST_F(ImageOptionsTest, WantTrustWithEncodedOnly) {
  options_.trust = true;
  EXPECT_TRUE(mentions(refused(), "trust goes with encoded only"));
  options_.encode_type = "jpg";
  options_.validate();
}

TEST_F(ImageOptionsTest, WantATypeThatCanBeWritten) {
  options_.encode_type = "docx";
  EXPECT_TRUE(mentions(refused(), "'docx', must be jpg, jpeg or png"));
}

// Each image's planes as a record of its own has them, in the order of the paths.
TEST_F(ImageRecordTest, OfSeveralImagesHoldsThePlanesOfEach) {
  const std::vector<std::string> paths = {golden_path("plain.jpg"), golden_path("png_rgb.png"),
                                          golden_path("png_gray.png")};
  for (const bool gray : {false, true}) {
    options_.gray = gray;
    options_.resize_width = 11;
    options_.resize_height = 7;
    std::string planes;
    for (const std::string& path : paths) {
      ASSERT_TRUE(build(path)) << problem_;
      planes += view_.data;
    }
    ASSERT_TRUE(build_all(paths)) << problem_;
    EXPECT_EQ(view_.shape, (Shape{gray ? 3 : 9, 7, 11}));
    EXPECT_EQ(result_.shape, view_.shape);
    EXPECT_TRUE(same_bytes(view_.data, planes));
  }
}

TEST_F(ImageRecordTest, OfSeveralImagesCountsWhatEachFileLacks) {
  const std::string cut = directory_ / "cut.jpg";
  write_file(cut, golden("plain.jpg").substr(0, golden("plain.jpg").size() - 2));
  ASSERT_TRUE(build_all({cut, golden_path("plain.jpg"), cut})) << problem_;
  EXPECT_EQ(result_.lacked_end, 2U);
  ASSERT_TRUE(build(golden_path("plain.jpg")));
  EXPECT_EQ(result_.lacked_end, 0U);
}

TEST_F(ImageRecordTest, OfSeveralImagesNamesTheOneThatCannotBeUsed) {
  const std::string whole = golden_path("plain.jpg");
  const std::string other = directory_ / "other.png";
  write_file(other, encoded_as(".png", noise(5, 4, 3)));
  write_file(directory_ / "text", "no image");
  ImageRecordBuilder builder(options_);
  const auto failed = [&](const std::vector<std::string>& paths) {
    EXPECT_FALSE(builder.build(paths, &datum_, &result_, &problem_));
    return builder.failed_image();
  };
  EXPECT_EQ(failed({whole, directory_ / "missing"}), 1U);
  EXPECT_FALSE(builder.was_opened());
  EXPECT_EQ(failed({directory_ / "text", whole}), 0U);
  EXPECT_TRUE(builder.was_opened());
  EXPECT_EQ(failed({whole, whole, other}), 2U);
  EXPECT_TRUE(mentions(problem_, "is 3 x 4 x 5, but the record's first image is 3 x "));
}

TEST_F(ImageRecordTest, RefusesMoreImagesThanADatumHolds) {
  options_.resize_width = options_.resize_height = 10000;
  options_.validate(7);
  EXPECT_TRUE(mentions(error_of([&] { options_.validate(8); }).what(), "too many for a Datum"));
  options_.gray = true;
  options_.validate(21);
  EXPECT_EQ(error_of([&] { options_.validate(22); }).kind(), ErrorKind::kOption);
}

TEST_F(ImageRecordTest, RefusesToStoreSeveralImagesCompressed) {
  options_.encoded = true;
  options_.validate(1);
  EXPECT_TRUE(mentions(error_of([&] { options_.validate(2); }).what(), "are raw"));
}

}  // namespace
}  // namespace caffe_multilabel
