#include "image/png.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <string>
#include <utility>
#include <vector>

#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

using Layout = PngDecoder::Layout;

constexpr std::pair<Layout, int> kWays[] = {{Layout::kBgr, cv::IMREAD_COLOR},
                                            {Layout::kGray, cv::IMREAD_GRAYSCALE},
                                            {Layout::kStored, cv::IMREAD_UNCHANGED}};

class PngTest : public testing::Test {
 protected:
  bool decode(const std::string& png, Layout layout = Layout::kBgr) {
    return decoder_.decode(bytes_of(png), png.size(), layout, &pixels_);
  }

  // A PNG of 2 x 2 pixels, chunk by chunk.
  static std::string of_chunks(const std::string& chunks) { return png_head(2, 2) + chunks; }
  static std::string data(const std::string& compressed) { return png_chunk("IDAT", compressed); }

  const std::string rows_ = std::string("\0abcdef\0ghijkl", 14);  // each behind its filter
  const std::string end_ = png_chunk("IEND", "");
  PngDecoder decoder_;
  cv::Mat pixels_;
};

TEST_F(PngTest, DecodesEveryKindAsOpencv) {
  const std::pair<int, std::vector<int>> kinds[] = {
      {0, {1, 2, 4, 8, 16}}, {2, {8, 16}}, {3, {1, 2, 4, 8}}, {4, {8, 16}}, {6, {8, 16}}};
  PngMaker maker;
  for (const auto& [color_type, depths] : kinds) {
    maker.color_type = color_type;
    for (const int depth : depths) {
      maker.bit_depth = depth;
      for (const bool interlaced : {false, true}) {
        maker.interlaced = interlaced;
        for (const bool transparent : {false, true}) {
          if (transparent && color_type >= 4) continue;
          maker.transparent = transparent;
          const std::string png = maker.make();
          for (const auto& [layout, flags] : kWays) {
            ASSERT_TRUE(decode(png, layout));
            EXPECT_TRUE(equal(pixels_, opencv_decode(png, flags)))
                << "color type " << color_type << ", " << depth << " bits, interlaced "
                << interlaced << ", transparent " << transparent << ", flags " << flags;
          }
        }
      }
    }
  }
}

TEST_F(PngTest, FollowsEveryOrientationWhereverItStands) {
  const std::string png = PngMaker().make();
  ExifMaker maker;
  for (maker.orientation = 0; maker.orientation <= 9; ++maker.orientation) {
    maker.little_endian = maker.orientation % 2 == 0;
    for (const char* before : {"IDAT", "IEND"}) {
      const std::string turned = with_chunk(png, before, png_chunk("eXIf", maker.tiff()));
      for (const auto& [layout, flags] : kWays) {
        ASSERT_TRUE(decode(turned, layout));
        EXPECT_TRUE(equal(pixels_, opencv_decode(turned, flags)))
            << "orientation " << maker.orientation << " before " << before << ", flags " << flags;
      }
    }
  }
}

TEST_F(PngTest, RefusesWhatIsCutOffAnywhere) {
  const std::string png = PngMaker().make();
  for (size_t size = 0; size < png.size(); ++size) {
    for (const auto& way : kWays) EXPECT_FALSE(decode(png.substr(0, size), way.first)) << size;
  }
  EXPECT_TRUE(decode(png));
}

TEST_F(PngTest, RefusesAByteThatChangedAnywhere) {
  std::string png = PngMaker().make();
  for (size_t at = 0; at < png.size(); ++at) {
    png[at] = static_cast<char>(png[at] ^ 0x10);
    EXPECT_FALSE(decode(png)) << at;
    png[at] = static_cast<char>(png[at] ^ 0x10);
  }
  EXPECT_TRUE(decode(png));
}

// All checksums of chunks are right here.
TEST_F(PngTest, RefusesPixelsThatAreNotAllThere) {
  const std::string whole = deflated(rows_);
  ASSERT_TRUE(decode(of_chunks(data(whole) + end_)));
  EXPECT_EQ(pixels_.at<cv::Vec3b>(1, 1), cv::Vec3b('l', 'k', 'j'));

  EXPECT_FALSE(decode(of_chunks(end_))) << "no data";
  EXPECT_FALSE(decode(of_chunks(data(whole)))) << "no end";
  EXPECT_FALSE(decode(of_chunks(data(whole) + end_.substr(0, 8) + "wrng")))
      << "wrong sum at its end";
  EXPECT_FALSE(decode(of_chunks(data("") + end_))) << "empty data";
  EXPECT_FALSE(decode(of_chunks(data(deflated(rows_.substr(0, 7))) + end_))) << "one row";
  EXPECT_FALSE(decode(of_chunks(data(deflated(rows_.substr(0, 13))) + end_))) << "a byte less";
  EXPECT_FALSE(decode(of_chunks(data(whole.substr(0, whole.size() - 6)) + end_))) << "cut";
  EXPECT_FALSE(decode(of_chunks(data(whole.substr(0, whole.size() - 4)) + end_))) << "no Adler-32";
  EXPECT_FALSE(decode(of_chunks(data(whole.substr(0, whole.size() - 4) + "wrng") + end_)));
  const std::string apart =
      data(whole.substr(0, 5)) + png_chunk("tEXt", std::string("a\0b", 3)) + data(whole.substr(5));
  EXPECT_FALSE(decode(of_chunks(apart + end_))) << "data in two places";
  EXPECT_FALSE(decode(png_head(2, 3) + data(whole) + end_)) << "a row more in the header";
  EXPECT_FALSE(decode(of_chunks(data(deflated("\7" + rows_.substr(1))) + end_))) << "no filter";
}

TEST_F(PngTest, TakesWhatLeavesThePixelsWhole) {
  const std::string whole = deflated(rows_);
  ASSERT_TRUE(decode(of_chunks(data(whole) + end_)));
  const cv::Mat wanted = pixels_.clone();
  std::string text = png_chunk("tEXt", std::string("a\0b", 3));
  text.back() = static_cast<char>(text.back() ^ 1);
  for (const std::string& png :
       {of_chunks(data(whole.substr(0, 5)) + data(whole.substr(5)) + end_),
        of_chunks(text + data(whole) + text + end_), of_chunks(data(whole) + end_ + "tail"),
        of_chunks(data(deflated(rows_ + "more")) + end_),
        of_chunks(data(whole) + png_chunk("IEND", "more"))}) {
    ASSERT_TRUE(decode(png));
    EXPECT_TRUE(equal(pixels_, wanted));
  }
}

TEST_F(PngTest, ReadsTheStillImageOfAnAnimation) {
  const std::string four = std::string(4, '\0');
  const std::string size = std::string("\0\0\0\2\0\0\0\2", 8);
  const auto frame = [&](char number) {
    return png_chunk("fcTL", std::string("\0\0\0", 3) + number + size + four + four + four +
                                 std::string(2, '\0'));
  };
  const std::string other = deflated(std::string(rows_.rbegin(), rows_.rend()));
  const std::string animation =
      of_chunks(png_chunk("acTL", std::string("\0\0\0\2\0\0\0\0", 8)) + data(deflated(rows_)) +
                frame(0) + png_chunk("fdAT", std::string("\0\0\0\1", 4) + other) + frame(2) +
                png_chunk("fdAT", std::string("\0\0\0\3", 4) + other) + end_);
  ASSERT_TRUE(decode(animation));
  const cv::Mat animated = pixels_.clone();
  ASSERT_TRUE(decode(of_chunks(data(deflated(rows_)) + end_)));
  EXPECT_TRUE(equal(pixels_, animated));
}

}  // namespace
}  // namespace caffe_multilabel
