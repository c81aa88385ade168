// Damage inside a TIFF's compressed data: told where it can be known.
#include "image/tiff.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <string>
#include <utility>
#include <vector>

#include "image/decode.h"
#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

constexpr int kNone = 1;
constexpr int kLzw = 5;
constexpr int kDeflate = 8;
constexpr int kOldDeflate = 32946;
constexpr int kPackBits = 32773;

// In several strips.
std::string tiff(int compression, int channels = 3, int depth = CV_8U) {
  cv::Mat pixels;
  noise(160, 90, channels).convertTo(pixels, depth);
  std::vector<uint8_t> bytes;
  cv::imencode(".tiff", pixels, bytes, {cv::IMWRITE_TIFF_COMPRESSION, compression});
  return {bytes.begin(), bytes.end()};
}

// OpenCV writes the strips one behind the other, and the directory behind them.
size_t data_end(const std::string& file) {
  const auto byte = [&file](size_t at) { return static_cast<size_t>(bytes_of(file)[at]); };
  return byte(4) | byte(5) << 8U | byte(6) << 16U | byte(7) << 24U;
}

class TiffTest : public testing::Test {
 protected:
  bool is_whole(const std::string& file) {
    return is_whole_tiff(bytes_of(file), file.size(), &problem_);
  }

  const QuietStderr quiet_;
  std::string problem_;
};

TEST_F(TiffTest, TakesWholeFiles) {
  for (const int compression : {kNone, kLzw, kDeflate, kOldDeflate, kPackBits}) {
    for (const int channels : {1, 3, 4}) {
      for (const int depth : {CV_8U, CV_16U, CV_32F}) {
        EXPECT_TRUE(is_whole(tiff(compression, channels, depth))) << compression << problem_;
      }
    }
  }
  for (const std::string& name : golden_names()) EXPECT_TRUE(is_whole(golden(name))) << name;
}

TEST_F(TiffTest, RefusesDamageOfDeflateAnywhere) {
  ImageDecoder decoder;
  cv::Mat pixels;
  for (const int compression : {kDeflate, kOldDeflate}) {
    const std::string whole = tiff(compression);
    ASSERT_TRUE(decoder.decode(bytes_of(whole), whole.size(), false, &pixels, &problem_));
    const size_t end = data_end(whole);
    ASSERT_GT(end, 1000U);
    for (size_t at = 8; at < end - 1; at += 1 + end / 300) {  // the last byte may pad
      std::string damaged = whole;
      damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
      EXPECT_FALSE(is_whole(damaged)) << at;
      EXPECT_TRUE(mentions(problem_, "broken TIFF: strip ")) << problem_;
      EXPECT_FALSE(decoder.decode(bytes_of(damaged), damaged.size(), false, &pixels, &problem_));
      EXPECT_FALSE(decoder.decode_stored(bytes_of(damaged), damaged.size(), &pixels, &problem_));
    }
  }
}

// As of a file whose directory stands first, cut off: the sizes add up to more than there is.
TEST_F(TiffTest, RefusesStripsThatEndBehindTheFile) {
  const std::string whole = tiff(kDeflate);
  const auto number = [&whole](size_t at, int bytes) {
    size_t value = 0;
    for (int i = bytes; i-- > 0;)
      value = value << 8U | bytes_of(whole)[at + static_cast<size_t>(i)];
    return value;
  };
  constexpr size_t kStripByteCounts = 279;
  const size_t directory = data_end(whole);
  for (size_t entry = 0; entry < number(directory, 2); ++entry) {
    const size_t at = directory + 2 + 12 * entry;
    if (number(at, 2) != kStripByteCounts) continue;
    const size_t width = number(at + 2, 2) == 3 ? 2 : 4;  // SHORT or LONG
    const size_t last = number(at + 8, 4) + width * (number(at + 4, 4) - 1);
    std::string cut = whole;
    cut[last + 1] = '\x7f';  // 32 kB and more, and the file has less
    ASSERT_LT(whole.size(), 0x7f00U);
    EXPECT_FALSE(is_whole(cut));
    return;
  }
  FAIL() << "there are no strips";
}

TEST_F(TiffTest, NamesTheStrip) {
  std::string damaged = tiff(kDeflate);
  damaged[20] = static_cast<char>(damaged[20] ^ 1);
  EXPECT_FALSE(is_whole(damaged));
  EXPECT_TRUE(mentions(problem_, "strip 1 of "));
  EXPECT_TRUE(mentions(problem_, " is damaged or cut off"));
}

TEST_F(TiffTest, SeesNoDamageWithoutAChecksum) {
  for (const int compression : {kNone, kLzw, kPackBits}) {
    std::string damaged = tiff(compression);
    const size_t at = data_end(damaged) / 2;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    EXPECT_TRUE(is_whole(damaged)) << compression;
  }
}

// Its edge tiles hold pixels that are not in the image.
TEST_F(TiffTest, LooksAtAllTiles) {
  std::vector<std::string> tiles(6, deflated(std::string(size_t{16} * 16, '.')));
  const std::vector<std::pair<uint32_t, uint32_t>> entries = {
      {256, 33}, {257, 17}, {258, 8}, {259, kDeflate}, {322, 16}, {323, 16}};
  for (const bool little_endian : {false, true}) {
    EXPECT_TRUE(is_whole(TiffMaker{little_endian, true, entries, tiles}.make())) << problem_;
    for (size_t i = 0; i < tiles.size(); ++i) {
      auto damaged = tiles;
      damaged[i].back() = static_cast<char>(damaged[i].back() ^ 1);
      EXPECT_FALSE(is_whole(TiffMaker{little_endian, true, entries, damaged}.make()));
      EXPECT_TRUE(mentions(problem_, "tile " + std::to_string(i + 1) + " of 6 is damaged"));
    }
  }
}

// A hundred such files would else take as long as a hundred thousand images.
TEST_F(TiffTest, InflatesNoMoreThanThePixels) {
  std::string bomb = deflated(std::string(size_t{64} << 20U, '\0'));
  bomb.back() = static_cast<char>(bomb.back() ^ 1);
  const auto file = [&bomb](uint32_t width, uint32_t height) {
    return TiffMaker{
        true, false, {{256, width}, {257, height}, {258, 8}, {259, kDeflate}}, {bomb, bomb}}
        .make();
  };
  EXPECT_TRUE(is_whole(file(10, 10)));                        // so its damage is not seen
  EXPECT_FALSE(is_whole(file(1 << 13, 1 << 13)));             // but is where the image is as large
  for (const uint32_t side : {0U, 1U << 16U, 0xffffffffU}) {  // OpenCV takes none of them
    EXPECT_TRUE(is_whole(file(side, side)));
  }
}

// Whatever a directory claims; the sanitizers look on.
TEST_F(TiffTest, ReadsWithinTheFile) {
  const std::string whole = tiff(kDeflate, 1);
  const size_t directory = data_end(whole);
  for (size_t at = 0; at < whole.size(); at = at == 7 ? directory : at + 1) {
    for (const int value : {0x00, 0x01, 0x7f, 0xff}) {
      std::vector<uint8_t> changed(whole.begin(), whole.end());
      changed[at] = static_cast<uint8_t>(value);
      is_whole_tiff(changed.data(), changed.size(), &problem_);
    }
    const std::vector<uint8_t> cut(whole.begin(), whole.begin() + static_cast<ptrdiff_t>(at));
    is_whole_tiff(cut.data(), cut.size(), &problem_);
  }
}

}  // namespace
}  // namespace caffe_multilabel
