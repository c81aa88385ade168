// Files of every kind that loses pixels, and of their lossless kin.
#include "image/lossy.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

bool lossy(const std::string& file) { return is_lossy(bytes_of(file), file.size()); }

std::string number(unsigned value, int bytes, bool little_endian) {
  std::string text;
  for (int i = 0; i < bytes; ++i) {
    const int place = little_endian ? i : bytes - 1 - i;
    text += static_cast<char>(value >> (8 * place) & 0xffU);
  }
  return text;
}

std::string webp(const std::vector<std::string>& chunks) {
  std::string body = "WEBP";
  for (const std::string& chunk : chunks) body += chunk;
  return "RIFF" + number(static_cast<unsigned>(body.size()), 4, true) + body;
}

std::string webp_chunk(const std::string& type, const std::string& content) {
  const std::string pad(content.size() % 2, '\0');
  return type + number(static_cast<unsigned>(content.size()), 4, true) + content + pad;
}

// SOC, SIZ, a comment, and the COD segment that names the wavelet.
std::string codestream(char wavelet) {
  const auto segment = [](const std::string& marker, const std::string& content) {
    return marker + number(static_cast<unsigned>(content.size() + 2), 2, false) + content;
  };
  return "\xff\x4f" + segment("\xff\x51", std::string(47, '\0')) +
         segment("\xff\x64", std::string("\xff\x52") + std::string(20, '\0')) +
         segment("\xff\x52", std::string(9, '\0') + wavelet) + "\xff\x90";
}

std::string in_boxes(const std::string& stream) {
  return std::string("\0\0\0\x0cjP  \r\n\x87\n", 12) +
         std::string(
             "\0\0\0\x14"
             "ftypjp2 ",
             12) +
         std::string(8, '\0') + number(static_cast<unsigned>(stream.size() + 8), 4, false) +
         "jp2c" + stream;
}

std::string tiff(unsigned compression, bool little_endian, const std::string& part = "pixels") {
  return TiffMaker{little_endian, false, {{258, 8}, {259, compression}}, {part}}.make();
}

TEST(Lossy, IsEveryJpeg) {
  for (const char* name : {"plain.jpg", "jpeg_progressive.jpg", "jpeg_gray.jpg", "jpeg_cmyk.jpg"}) {
    EXPECT_TRUE(lossy(golden(name))) << name;
  }
}

TEST(Lossy, IsNoneOfTheLosslessFormats) {
  for (const char* ending : {".png", ".bmp", ".ppm", ".tiff", ".ras"}) {
    EXPECT_FALSE(lossy(encoded_as(ending, noise(20, 10, 3)))) << ending;
  }
  EXPECT_FALSE(lossy(golden("png_named.jpg")));  // by its bytes, not by its name
}

TEST(Lossy, IsWebpByItsChunk) {
  EXPECT_TRUE(lossy(webp({webp_chunk("VP8 ", "pixels")})));
  EXPECT_FALSE(lossy(webp({webp_chunk("VP8L", "pixels")})));
  // The extended format: alpha, of an odd length, before the pixels.
  const std::string head = webp_chunk("VP8X", std::string(10, '\0'));
  EXPECT_TRUE(lossy(webp({head, webp_chunk("ALPH", "abc"), webp_chunk("VP8 ", "pixels")})));
  EXPECT_FALSE(lossy(webp({head, webp_chunk("ICCP", "VP8 VP8 "), webp_chunk("VP8L", "pixels")})));
}

TEST(Lossy, IsWebpAsOpencvWritesIt) {
  std::vector<uint8_t> bytes;
  for (const int quality : {80, 101}) {  // above 100: lossless
    ASSERT_TRUE(
        cv::imencode(".webp", noise(40, 30, 3), bytes, {cv::IMWRITE_WEBP_QUALITY, quality}));
    EXPECT_EQ(lossy({bytes.begin(), bytes.end()}), quality == 80);
  }
}

TEST(Lossy, IsJpeg2000ByItsWavelet) {
  for (const char wavelet : {'\0', '\1'}) {
    EXPECT_EQ(lossy(codestream(wavelet)), wavelet == 0);
    EXPECT_EQ(lossy(in_boxes(codestream(wavelet))), wavelet == 0);
  }
}

TEST(Lossy, IsAvif) {
  EXPECT_TRUE(lossy(std::string("\0\0\0\x1c", 4) + "ftypavif" + std::string(16, '\0')));
  EXPECT_FALSE(lossy(std::string("\0\0\0\x1c", 4) + "ftypisom" + std::string(16, '\0')));
}

TEST(Lossy, IsTiffByItsCompression) {
  for (const bool little_endian : {false, true}) {
    for (const unsigned compression : {6U, 7U}) {
      EXPECT_TRUE(lossy(tiff(compression, little_endian))) << compression;
    }
    for (const unsigned compression : {1U, 5U, 8U, 32773U, 32946U}) {
      EXPECT_FALSE(lossy(tiff(compression, little_endian))) << compression;
    }
  }
}

TEST(Lossy, IsTiffByTheFileInIt) {
  constexpr unsigned kJpeg2000 = 34712;
  constexpr unsigned kWebp = 50001;
  for (const bool little_endian : {false, true}) {
    for (const char wavelet : {'\0', '\1'}) {
      EXPECT_EQ(lossy(tiff(kJpeg2000, little_endian, codestream(wavelet))), wavelet == 0);
    }
    EXPECT_TRUE(lossy(tiff(kWebp, little_endian, webp({webp_chunk("VP8 ", "pixels")}))));
    EXPECT_FALSE(lossy(tiff(kWebp, little_endian, webp({webp_chunk("VP8L", "pixels")}))));
    for (const unsigned compression : {kJpeg2000, kWebp}) {
      EXPECT_FALSE(lossy(tiff(compression, little_endian)));
    }
  }
}

// Files that end anywhere, in memory that ends there too.
TEST(Lossy, ReadsWithinTheFile) {
  for (const std::string& file :
       {golden("plain.jpg").substr(0, 40),
        webp({webp_chunk("VP8X", "12"), webp_chunk("VP8 ", "x")}), codestream('\0'),
        in_boxes(codestream('\0')), tiff(7, true), tiff(7, false),
        tiff(50001, true, webp({webp_chunk("VP8 ", "x")}))}) {
    for (size_t size = 0; size < file.size(); ++size) {
      const std::vector<uint8_t> cut(file.begin(), file.begin() + static_cast<ptrdiff_t>(size));
      is_lossy(cut.data(), cut.size());
    }
    EXPECT_TRUE(lossy(file));
  }
}

}  // namespace
}  // namespace caffe_multilabel
