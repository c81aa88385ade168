#include "image/decode.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Agreement = ImageDecoder::Agreement;

// What Caffe's own calls give; empty where they fail.
// The golden images and more that are odd, by name.
std::vector<std::pair<std::string, std::string>> images() {
  std::vector<std::pair<std::string, std::string>> all;
  for (const std::string& name : golden_names()) all.emplace_back(name, golden(name));
  const std::string png = encoded_as(".png", noise(20, 10, 3));
  const std::string gray_png = encoded_as(".png", noise(20, 10, 1));
  const std::string exif = png_chunk("eXIf", ExifMaker().tiff());
  all.emplace_back("PNG, rotated", with_chunk(png, "IDAT", exif));
  all.emplace_back("PNG, rotated at its end", with_chunk(png, "IEND", exif));
  all.emplace_back("gray PNG, rotated at its end", with_chunk(gray_png, "IEND", exif));
  const auto transparent = [](int samples) {
    return png_chunk("tRNS", std::string(static_cast<size_t>(2 * samples), '\1'));
  };
  all.emplace_back("PNG with tRNS", with_chunk(png, "IDAT", transparent(3)));
  all.emplace_back("gray PNG with tRNS", with_chunk(gray_png, "IDAT", transparent(1)));
  PngMaker png_maker;
  png_maker.color_type = 3;
  png_maker.bit_depth = 4;
  png_maker.interlaced = true;
  all.emplace_back("PNG with a palette, interlaced", png_maker.make());
  png_maker.transparent = true;
  all.emplace_back("PNG with a palette, transparent", png_maker.make());
  png_maker = PngMaker();
  png_maker.color_type = 4;
  all.emplace_back("PNG of gray and alpha", png_maker.make());
  JpegMaker maker;
  for (maker.components = 1; maker.components <= 4; ++maker.components) {
    const std::string jpeg = maker.make();
    const std::string name = "JPEG of " + std::to_string(maker.components);
    all.emplace_back(name, jpeg);
    all.emplace_back(name + ", rotated", with_segment(jpeg, ExifMaker().segment()));
    all.emplace_back(name + " without its end", jpeg.substr(0, jpeg.size() - 2));
  }
  maker.components = 3;
  ExifMaker upright;
  upright.orientation = 1;
  ExifMaker unmarked;
  unmarked.mark = "Foobar";
  const std::string jpeg = maker.make();
  const std::string segments = upright.segment() + ExifMaker().segment();
  all.emplace_back("JPEG of two orientations", with_segment(jpeg, segments));
  all.emplace_back("JPEG with an orientation of no mark", with_segment(jpeg, unmarked.segment()));
  maker.rgb = true;
  all.emplace_back("JPEG of RGB", maker.make());
  return all;
}

class ImageTest : public testing::Test {
 protected:
  bool decode(const std::string& bytes, bool gray) {
    return decoder_.decode(bytes_of(bytes), bytes.size(), gray, &pixels_, &problem_);
  }
  bool decode_stored(const std::string& bytes) {
    return decoder_.decode_stored(bytes_of(bytes), bytes.size(), &pixels_, &problem_);
  }
  ImageDecoder::Comparison compare(const std::string& bytes, bool gray, bool trust) {
    return decoder_.compare(bytes_of(bytes), bytes.size(), gray, trust, &pixels_, &problem_);
  }

  const QuietStderr quiet_;
  ImageDecoder decoder_;
  cv::Mat pixels_;
  std::string problem_;
};

// In processes of their own, where OpenCV is as it comes.
class OpenCvDeathTest : public testing::Test {
 protected:
  OpenCvDeathTest() { GTEST_FLAG_SET(death_test_style, "threadsafe"); }
};

TEST_F(OpenCvDeathTest, DecodersSetItUpOnce) {
  EXPECT_EXIT(
      {
        cv::setNumThreads(2);
        const ImageDecoder first;
        const bool is_set = cv::getNumThreads() == 1;
        cv::setNumThreads(2);  // what the caller wants later is left alone
        const ImageDecoder second;
        std::exit(is_set && cv::getNumThreads() == 2 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(OpenCvDeathTest, EncodingSetsItUpToo) {
  EXPECT_EXIT(
      {
        cv::setNumThreads(2);
        std::vector<uint8_t> bytes;
        std::string problem;
        const cv::Mat pixels(2, 2, CV_8UC1, cv::Scalar(7));
        const bool encoded = encode(pixels, "png", &bytes, &problem);
        std::exit(encoded && cv::getNumThreads() == 1 ? 0 : 1);
      },
      testing::ExitedWithCode(0), "");
}

TEST_F(ImageTest, DecodesAsImread) {
  for (const auto& [name, bytes] : images()) {
    for (const bool gray : {false, true}) {
      if (!decode(bytes, gray)) continue;  // see RefusesOnlyWhatIsBroken
      const int flags = gray ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR;
      EXPECT_TRUE(equal(pixels_, opencv_decode(bytes, flags))) << name << ", gray " << gray;
    }
  }
}

TEST_F(ImageTest, DecodesStoredAsCaffesDataLayer) {
  for (const auto& [name, bytes] : images()) {
    if (!decode_stored(bytes)) continue;
    EXPECT_TRUE(equal(pixels_, opencv_decode(bytes, cv::IMREAD_UNCHANGED))) << name;
  }
}

TEST_F(ImageTest, RefusesOnlyWhatIsBroken) {
  std::vector<std::string> refused;
  for (const auto& [name, bytes] : images()) {
    if (!decode(bytes, false)) refused.push_back(name);
  }
  EXPECT_EQ(refused,
            (std::vector<std::string>{"JPEG of 1 without its end", "JPEG of 2",
                                      "JPEG of 2, rotated", "JPEG of 2 without its end",
                                      "JPEG of 3 without its end", "JPEG of 4 without its end"}));
}

TEST_F(ImageTest, TellsTheEndThatIsMissing) {
  for (const auto& [name, bytes] : images()) {
    EXPECT_EQ(decoder_.missing_end(bytes_of(bytes), bytes.size()),
              name.find("without its end") == std::string::npos ? "" : "\xff\xd9")
        << name;
  }
  const std::string jpeg = golden("plain.jpg");
  EXPECT_EQ(decoder_.missing_end(bytes_of(jpeg), jpeg.size() - 1), "\xd9");
  EXPECT_EQ(decoder_.missing_end(bytes_of(jpeg), jpeg.size() - 3), "");
}

// A record that another tool stored so is what Caffe does not read whole.
// OpenCV leaves its last rows to whatever their memory held, by its version and by chance.
TEST_F(ImageTest, RefusesAStoredJpegWithoutItsEnd) {
  const std::string jpeg = golden("plain.jpg");
  EXPECT_FALSE(decode_stored(jpeg.substr(0, jpeg.size() - 2)));
}

TEST_F(ImageTest, RefusesMoreThan8BitsAsStored) {
  EXPECT_FALSE(decode_stored(golden("png_16bit.png")));
  EXPECT_EQ(problem_, "has more than 8 bits a channel, which Caffe refuses");
  EXPECT_TRUE(decode(golden("png_16bit.png"), false));
}

TEST_F(ImageTest, AgreesWhereBothWaysGiveTheSamePixels) {
  for (const auto& [name, bytes] : images()) {
    for (const bool gray : {false, true}) {
      const cv::Mat read = opencv_decode(bytes, gray ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR);
      const bool same = equal(read, opencv_decode(bytes, cv::IMREAD_UNCHANGED));
      const bool broken = !decode(bytes, gray);
      const auto [agreement, shape] = compare(bytes, gray, false);
      const Agreement wanted = broken ? Agreement::kBroken
                               : same ? Agreement::kYes
                                      : Agreement::kNo;
      EXPECT_EQ(agreement, wanted) << name << ", gray " << gray;
      if (broken) continue;
      EXPECT_EQ(shape, shape_of(read)) << name;
      EXPECT_EQ(compare(bytes, gray, true).agreement, wanted) << name << ", trusted";
      EXPECT_EQ(compare(bytes, gray, true).shape, shape_of(read)) << name << ", trusted";
    }
  }
}

TEST_F(ImageTest, LeavesThePixelsWhereTheWaysDiffer) {
  ASSERT_EQ(compare(golden("jpeg_exif6.jpg"), false, false).agreement, Agreement::kNo);
  EXPECT_TRUE(equal(pixels_, opencv_decode(golden("jpeg_exif6.jpg"), cv::IMREAD_COLOR)));
}

// Made-up pixels must never pass, whatever the format. Other readers than ours may take a file
// that misses nothing but its end.
TEST_F(ImageTest, CutOffIsBrokenOrWhole) {
  for (const auto& [name, bytes] : images()) {
    if (!decode(bytes, false)) continue;
    const cv::Mat whole = pixels_.clone();
    for (size_t size = 0; size < bytes.size(); size += 64) {
      const std::string cut = bytes.substr(0, size);
      if (decode(cut, false)) {
        EXPECT_TRUE(equal(pixels_, whole)) << name << ", " << size;
      }
      const auto agreement = compare(cut, false, false).agreement;
      if (agreement == Agreement::kYes) {
        EXPECT_TRUE(equal(opencv_decode(cut, cv::IMREAD_UNCHANGED), whole)) << name << ", " << size;
      }
    }
  }
}

// Nor may what the decoder wrote before the end came, or what is left of the image before.
TEST_F(ImageTest, CutOffIsBrokenInEveryFormatOfOpencv) {
  size_t formats = 0;
  for (const char* ending :
       {".bmp", ".jp2", ".pam", ".pbm", ".pgm", ".png", ".ppm", ".ras", ".tiff", ".webp"}) {
    const std::string kind = ending;
    const int channels = kind == ".pgm" || kind == ".pbm" ? 1 : 3;
    std::string whole;
    try {
      whole = encoded_as(ending, noise(40, 30, channels));
    } catch (const cv::Exception&) {
      continue;  // not in this build
    }
    if (!decode(whole, false)) continue;
    ++formats;
    const cv::Mat pixels = pixels_.clone();
    for (size_t size = 0; size < whole.size(); size += 1 + whole.size() / 100) {
      const std::string cut = whole.substr(0, size);
      ASSERT_TRUE(decode(whole, false));
      EXPECT_FALSE(decode(cut, false)) << ending << ", " << size;
      EXPECT_EQ(compare(cut, false, false).agreement, Agreement::kBroken) << ending << ", " << size;
      EXPECT_EQ(compare(cut, false, true).agreement, Agreement::kBroken) << ending << ", " << size;
      ASSERT_TRUE(decode_stored(whole));
      EXPECT_FALSE(decode_stored(cut)) << ending << ", " << size;
    }
    ASSERT_TRUE(decode(whole, false));
    EXPECT_TRUE(equal(pixels_, pixels));
  }
  EXPECT_GE(formats, 8U);
}

TEST_F(ImageTest, RefusesWhatIsNoImage) {
  EXPECT_FALSE(decode("", false));
  EXPECT_EQ(problem_, "is empty");
  for (const std::string& bytes :
       {std::string("x"), std::string(5000, '\0'), std::string("<html>not found</html>")}) {
    EXPECT_FALSE(decode(bytes, false));
    EXPECT_EQ(problem_, "is no image that OpenCV can decode, or a broken one");
    EXPECT_FALSE(decode_stored(bytes));
    EXPECT_EQ(compare(bytes, false, true).agreement, Agreement::kBroken);
  }
}

TEST_F(ImageTest, RefusesAGiganticHeader) {
  std::string jpeg = JpegMaker().make();
  const size_t frame = jpeg.find("\xff\xc0");
  jpeg.replace(frame + 5, 4, "\xff\x00\xff\x00", 4);
  for (const bool trust : {false, true}) {
    EXPECT_EQ(compare(jpeg, false, trust).agreement, Agreement::kBroken);
    EXPECT_TRUE(mentions(problem_, "its header claims 65280 x 65280 pixels"));
  }
  std::string png = golden("png_rgb.png");
  png.replace(16, 8, std::string("\0\0\x7f\xff\0\0\x7f\xff", 8));
  for (const bool trust : {false, true}) {
    EXPECT_EQ(compare(png, false, trust).agreement, Agreement::kBroken);
    EXPECT_TRUE(mentions(problem_, "its header claims 32767 x 32767 pixels"));
  }
}

TEST(Resize, IsBilinearToTheExactSize) {
  const cv::Mat pixels = noise(31, 17, 3);
  cv::Mat resized;
  resize(pixels, 12, 40, &resized);
  cv::Mat wanted;
  cv::resize(pixels, wanted, {12, 40}, 0, 0, cv::INTER_LINEAR);
  EXPECT_TRUE(equal(resized, wanted));
}

TEST(ToPlanes, PutsChannelAfterChannel) {
  const cv::Mat pixels = (cv::Mat_<cv::Vec3b>(1, 2) << cv::Vec3b(1, 2, 3), cv::Vec3b(4, 5, 6));
  std::vector<uint8_t> planes(6);
  to_planes(pixels, planes.data());
  EXPECT_EQ(planes, (std::vector<uint8_t>{1, 4, 2, 5, 3, 6}));
}

TEST(ToPlanes, CopiesRowsThatDoNotLieTogether) {
  for (const int channels : {1, 3}) {
    const cv::Mat pixels = noise(9, 7, channels);
    const cv::Mat part = pixels(cv::Rect(1, 2, 5, 3));
    std::vector<uint8_t> planes(part.total() * part.elemSize());
    to_planes(part, planes.data());
    std::vector<uint8_t> wanted(planes.size());
    to_planes(part.clone(), wanted.data());
    EXPECT_EQ(planes, wanted);
  }
}

TEST(Encode, WritesWhatCanBeReadBack) {
  const cv::Mat pixels = noise(20, 10, 3);
  std::vector<uint8_t> bytes;
  std::string problem;
  ASSERT_TRUE(encode(pixels, "png", &bytes, &problem));
  EXPECT_TRUE(equal(cv::imdecode(bytes, cv::IMREAD_UNCHANGED), pixels));
  EXPECT_FALSE(encode(pixels, "docx", &bytes, &problem));
  EXPECT_TRUE(mentions(problem, "cannot be encoded as docx"));
}

}  // namespace
}  // namespace caffe_multilabel
