#include "image/header.h"

#include <gtest/gtest.h>

#include <opencv2/core/mat.hpp>
#include <string>

#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

ImageFormat format_of(const std::string& bytes) {
  return image_format(bytes_of(bytes), bytes.size());
}

bool rotated(const std::string& jpeg) { return may_be_rotated(bytes_of(jpeg), jpeg.size()); }

bool plain(const std::string& png, bool gray = false) {
  return is_plain_png(bytes_of(png), png.size(), gray);
}

TEST(ImageFormat, IsToldFromTheSignature) {
  EXPECT_EQ(format_of(golden("plain.jpg")), ImageFormat::kJpeg);
  EXPECT_EQ(format_of(golden("png_named.jpg")), ImageFormat::kPng);
  EXPECT_EQ(format_of(golden("bitmap.bmp")), ImageFormat::kOther);
  EXPECT_EQ(format_of(""), ImageFormat::kOther);
  EXPECT_EQ(format_of("\xff\xd8"), ImageFormat::kOther);
  EXPECT_EQ(format_of("\x89PNG\r\n\x1a"), ImageFormat::kOther);
}

TEST(HoldsFloats, IsToldFromTheSignature) {
  const auto holds = [](const std::string& text) {
    return holds_floats(bytes_of(text), text.size());
  };
  for (const char* text : {"PF\n4 4\n-1\n", "Pf\n4 4\n1\n", "#?RADIANCE\n", "#?RGBE\n"}) {
    EXPECT_TRUE(holds(text)) << text;
  }
  for (const char* text : {"", "P", "PF", "P6\n4 4\n", "#?", "#?RGB", "II*"}) {
    EXPECT_FALSE(holds(text)) << text;
  }
}

TEST(PngHeaderTest, IsReadWhereItIsWhole) {
  const std::string png = golden("one_pixel.png");
  const auto header = png_header(bytes_of(png), png.size());
  ASSERT_TRUE(header);
  EXPECT_EQ(header->width, 1U);
  EXPECT_EQ(header->height, 1U);
  EXPECT_EQ(header->bit_depth, 8);
  EXPECT_TRUE(png_header(bytes_of(png), 26));
  EXPECT_FALSE(png_header(bytes_of(png), 25));
}

class ExifTest : public testing::Test {
 protected:
  bool rotated_with(const std::string& segment) const {
    return rotated(with_segment(jpeg_, segment));
  }

  const std::string jpeg_ = JpegMaker().make();
  ExifMaker exif_;
};

TEST_F(ExifTest, WithoutExifIsNotRotated) { EXPECT_FALSE(rotated(jpeg_)); }

TEST_F(ExifTest, EveryOrientationButTheFirstMayRotate) {
  for (exif_.orientation = 1; exif_.orientation <= 8; ++exif_.orientation) {
    for (const bool little : {false, true}) {
      exif_.little_endian = little;
      EXPECT_EQ(rotated_with(exif_.segment()), exif_.orientation != 1) << exif_.orientation;
    }
  }
}

TEST_F(ExifTest, OtherTagsDoNotRotate) {
  exif_.tag = 0x0110;
  EXPECT_FALSE(rotated_with(exif_.segment()));
}

TEST_F(ExifTest, OrientationOfAnotherTypeMayRotate) {
  exif_.orientation = 1;
  exif_.type = 4;
  EXPECT_TRUE(rotated_with(exif_.segment()));
}

TEST_F(ExifTest, DirectoryThatIsCutOffMayRotate) {
  exif_.orientation = 1;
  exif_.entries = 2;
  EXPECT_TRUE(rotated_with(exif_.segment()));
}

TEST_F(ExifTest, StructureThatIsNoTiffMayRotate) {
  exif_.orientation = 1;
  std::string segment = exif_.segment();
  segment[10] = 'X';  // the byte order
  EXPECT_TRUE(rotated_with(segment));
}

TEST_F(ExifTest, OpencvFollowsEveryMarkSoWeDo) {
  exif_.mark = "Foobar";
  EXPECT_TRUE(rotated_with(exif_.segment()));
}

TEST_F(ExifTest, XmpDoesNotRotate) {
  const std::string body = "http://ns.adobe.com/xap/1.0/";
  EXPECT_FALSE(rotated_with(std::string("\xff\xe1\x00\x1e", 4) + body));
}

TEST_F(ExifTest, IsFoundBehindOtherSegmentsAndFillBytes) {
  const std::string comment = std::string("\xff\xfe\x00\x06", 4) + "text";
  EXPECT_TRUE(rotated_with(comment + exif_.segment()));
  EXPECT_TRUE(rotated_with("\xff\xff" + exif_.segment()));
}

TEST_F(ExifTest, StrayBytesMayHideIt) { EXPECT_TRUE(rotated_with("ab")); }

TEST_F(ExifTest, EveryCutInsideTheHeaderMayRotate) {
  exif_.orientation = 1;
  const std::string jpeg = with_segment(jpeg_, exif_.segment());
  ASSERT_FALSE(rotated(jpeg));
  const size_t scan = jpeg.find("\xff\xda");
  for (size_t size = 0; size < scan; ++size) {
    const std::vector<char> cut(jpeg.begin(), jpeg.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(may_be_rotated(reinterpret_cast<const uint8_t*>(cut.data()), size)) << size;
  }
}

class PlainPngTest : public testing::Test {
 protected:
  const std::string color_ = encoded_as(".png", noise(8, 6, 3));
  const std::string gray_ = encoded_as(".png", noise(8, 6, 1));
};

TEST_F(PlainPngTest, IsColorForColorAndGrayForGray) {
  EXPECT_TRUE(plain(color_));
  EXPECT_FALSE(plain(color_, true));
  EXPECT_TRUE(plain(gray_, true));
  EXPECT_FALSE(plain(gray_));
}

TEST_F(PlainPngTest, HasNoAlphaPaletteOr16Bits) {
  for (const char* name : {"png_rgba.png", "png_palette.png", "png_16bit.png"}) {
    EXPECT_FALSE(plain(golden(name))) << name;
    EXPECT_FALSE(plain(golden(name), true)) << name;
  }
}

TEST_F(PlainPngTest, HasNoTransparentColor) {
  const std::string chunk = png_chunk("tRNS", std::string("\0\1\0\1\0\1", 6));
  EXPECT_FALSE(plain(with_chunk(color_, "IDAT", chunk)));
}

TEST_F(PlainPngTest, HasNoOrientationBeforeOrBehindThePixels) {
  const std::string chunk = png_chunk("eXIf", ExifMaker().tiff());
  EXPECT_FALSE(plain(with_chunk(color_, "IDAT", chunk)));
  EXPECT_FALSE(plain(with_chunk(color_, "IEND", chunk)));
}

TEST_F(PlainPngTest, MayHaveOtherChunks) {
  EXPECT_TRUE(plain(with_chunk(color_, "IDAT", png_chunk("tEXt", "Title"))));
}

TEST_F(PlainPngTest, IsNotCutOff) {
  for (size_t size = 0; size < color_.size(); ++size) {
    const std::vector<char> cut(color_.begin(), color_.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_FALSE(is_plain_png(reinterpret_cast<const uint8_t*>(cut.data()), size, false)) << size;
  }
}

int orientation_of(std::string_view tiff) { return exif_orientation(bytes_of(tiff), tiff.size()); }

TEST(ExifOrientation, IsTheFirstThatIsTold) {
  ExifMaker maker;
  for (maker.orientation = 1; maker.orientation <= 8; ++maker.orientation) {
    for (const bool little : {false, true}) {
      maker.little_endian = little;
      EXPECT_EQ(orientation_of(maker.tiff()), maker.orientation);
    }
  }
  maker.orientation = 3;
  maker.type = 4;
  EXPECT_EQ(orientation_of(maker.tiff()), 3) << "of another type";
  maker.entries = 9;
  EXPECT_EQ(orientation_of(maker.tiff()), 3) << "entries that are not there";
}

TEST(ExifOrientation, IsUprightWhereNoneIsTold) {
  ExifMaker maker;
  for (const int none : {0, 9, 256}) {
    maker.orientation = none;
    EXPECT_EQ(orientation_of(maker.tiff()), 1) << none;
  }
  maker.orientation = 6;
  const std::string tiff = maker.tiff();
  for (size_t size = 0; size < 22; ++size) EXPECT_EQ(orientation_of(tiff.substr(0, size)), 1);
  std::string no_mark = tiff;
  no_mark[2] = 43;
  EXPECT_EQ(orientation_of(no_mark), 1);
  maker.tag = 0x0113;
  EXPECT_EQ(orientation_of(maker.tiff()), 1);
}

class PlausibleTest : public testing::Test {
 protected:
  bool jpeg(int width, int height, size_t size) {
    return is_plausible(ImageFormat::kJpeg, nullptr, size, width, height, &problem_);
  }

  // A PNG of 8-bit RGB whose header claims this size, in `size` bytes.
  bool png(uint32_t width, uint32_t height, size_t size) {
    std::string bytes = golden("png_rgb.png").substr(0, 33);
    for (int i = 0; i < 4; ++i) {
      bytes[16 + static_cast<size_t>(i)] = static_cast<char>(width >> (24 - 8 * i));
      bytes[20 + static_cast<size_t>(i)] = static_cast<char>(height >> (24 - 8 * i));
    }
    return is_plausible(ImageFormat::kPng, bytes_of(bytes), size, 0, 0, &problem_);
  }

  std::string problem_;
};

TEST_F(PlausibleTest, JpegNeedsABitForEachBlock) {
  EXPECT_TRUE(jpeg(8000, 8000, 125'000));
  EXPECT_FALSE(jpeg(8000, 8000, 124'999));
  EXPECT_EQ(problem_, "its header claims 8000 x 8000 pixels, its 124999 bytes cannot hold them");
}

TEST_F(PlausibleTest, PngNeedsWhatDeflateNeeds) {
  EXPECT_TRUE(png(1031, 1000, 1000));
  EXPECT_FALSE(png(1031, 1000, 999));
}

TEST_F(PlausibleTest, NeitherMayHaveNoPixels) {
  EXPECT_FALSE(jpeg(0, 10, 1000));
  EXPECT_FALSE(png(10, 0, 1000));
  EXPECT_EQ(problem_, "it has no pixels");
}

TEST_F(PlausibleTest, NeitherMayHaveMorePixelsThanOpencvTakes) {
  EXPECT_FALSE(jpeg(65500, 65500, size_t{1} << 40U));
  EXPECT_TRUE(mentions(problem_, "more than 2^30"));
  EXPECT_FALSE(png(1U << 31U, 1U << 31U, size_t{1} << 40U));
  EXPECT_TRUE(mentions(problem_, "claims 2147483648 x 2147483648"));
  EXPECT_TRUE(jpeg(1 << 15, 1 << 15, size_t{1} << 40U));
}

TEST_F(PlausibleTest, PngHeaderMustBeWhole) {
  const std::string bytes = golden("png_rgb.png").substr(0, 25);
  EXPECT_FALSE(is_plausible(ImageFormat::kPng, bytes_of(bytes), 25, 0, 0, &problem_));
  EXPECT_EQ(problem_, "its PNG header is cut off");
}

TEST_F(PlausibleTest, OtherFormatsAreLeftToTheirReader) {
  EXPECT_TRUE(is_plausible(ImageFormat::kOther, nullptr, 0, 0, 0, &problem_));
}

}  // namespace
}  // namespace caffe_multilabel
