#include "image/jpeg.h"

#include <gtest/gtest.h>

#include <opencv2/imgcodecs.hpp>
#include <string>
#include <vector>

#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

class JpegTest : public testing::Test {
 protected:
  bool decode(const std::string& jpeg, bool gray = false) {
    return decoder_.decode(bytes_of(jpeg), jpeg.size(), gray, &pixels_, &problem_);
  }
  bool check(const std::string& jpeg) {
    return decoder_.check(bytes_of(jpeg), jpeg.size(), &problem_);
  }
  bool lacks_end(const std::string& jpeg) {
    JpegDecoder::Header header;
    return decoder_.read_header(bytes_of(jpeg), jpeg.size(), &header, &problem_) &&
           decoder_.lacks_end(bytes_of(jpeg), jpeg.size(), header);
  }

  JpegDecoder decoder_;
  cv::Mat pixels_;
  std::string problem_;
};

TEST_F(JpegTest, ReadsTheHeader) {
  JpegMaker maker;
  maker.width = 35;
  maker.height = 21;
  const std::string jpeg = maker.make();
  JpegDecoder::Header header;
  ASSERT_TRUE(decoder_.read_header(bytes_of(jpeg), jpeg.size(), &header, &problem_));
  EXPECT_EQ(header.width, 35);
  EXPECT_EQ(header.height, 21);
  EXPECT_EQ(header.components, 3);
}

TEST_F(JpegTest, RefusesBytesThatAreNoJpeg) {
  for (const std::string& bytes : {std::string(), std::string("x"), std::string("\xff\xd8\xff"),
                                   std::string(1000, '\0'), golden("png_rgb.png")}) {
    EXPECT_FALSE(decode(bytes));
    EXPECT_FALSE(check(bytes));
    EXPECT_TRUE(mentions(problem_, "broken JPEG: "));
  }
}

TEST_F(JpegTest, DecodesAfterABrokenOne) {
  const std::string jpeg = JpegMaker().make();
  ASSERT_TRUE(decode(jpeg));
  const cv::Mat wanted = pixels_.clone();
  EXPECT_FALSE(decode(jpeg.substr(0, jpeg.size() / 2)));
  ASSERT_TRUE(decode(jpeg)) << problem_;
  EXPECT_TRUE(equal(pixels_, wanted));
}

// What a decoder leaves over that lost its way.
TEST_F(JpegTest, RefusesDataThatIsLeftOver) {
  for (const bool progressive : {false, true}) {
    JpegMaker maker;
    maker.progressive = progressive;
    const std::string jpeg = maker.make();
    const auto with = [&jpeg](const std::string& more) {
      return jpeg.substr(0, jpeg.size() - 2) + more + jpeg.substr(jpeg.size() - 2);
    };
    for (const std::string& harmless : {std::string(JpegDecoder::kMostStray, 'x'),
                                        std::string(300, '\0'), std::string(300, '\xff')}) {
      EXPECT_TRUE(check(with(harmless))) << progressive << problem_;
      EXPECT_TRUE(decode(with(harmless))) << progressive << problem_;
    }
    for (const size_t size : {size_t{26}, size_t{5000}}) {
      const std::string damaged = with(std::string(size - 1, '\0') + 'x');
      EXPECT_FALSE(check(damaged)) << progressive << size;
      EXPECT_FALSE(decode(damaged)) << progressive << size;
    }
  }
}

TEST_F(JpegTest, TakesStrayBytesBetweenHeaders) {
  const std::string jpeg = JpegMaker().make();
  EXPECT_TRUE(decode(jpeg.substr(0, 20) + std::string(100, 'x') + jpeg.substr(20))) << problem_;
}

TEST_F(JpegTest, ChecksImagesThatItDoesNotDecode) {
  for (const int components : {2, 4}) {
    JpegMaker maker;
    maker.width = 1;
    maker.components = components;
    EXPECT_TRUE(check(maker.make())) << problem_;
    EXPECT_FALSE(check(maker.make().substr(0, 400)));
  }
}

TEST_F(JpegTest, SurvivesMoreComponentsThanLibjpegReads) {
  JpegMaker maker;
  maker.width = 1;
  maker.components = 10;
  EXPECT_FALSE(check(maker.make()));
}

// The last code may end anywhere in its byte, and libjpeg may hold all bits before it looks for the
// end: each size ends in another way.
TEST_F(JpegTest, TellsAMissingEndAtEverySize) {
  for (int size = 1; size <= 60; ++size) {
    JpegMaker maker;
    maker.width = size;
    maker.height = 61 - size;
    for (maker.components = 1; maker.components <= 4; ++maker.components) {
      const std::string jpeg = maker.make();
      for (size_t left = 0; left <= 6; ++left) {
        EXPECT_EQ(lacks_end(jpeg.substr(0, jpeg.size() - left)), left == 1 || left == 2)
            << size << ", " << maker.components << " components, less " << left;
      }
    }
  }
}

// Bytes of no marker may stand behind the data: a copy filled up with zeros.
TEST_F(JpegTest, TellsAMissingEndBehindStrayBytes) {
  const std::string jpeg = JpegMaker().make();
  const std::string open = jpeg.substr(0, jpeg.size() - 2);
  for (const unsigned zeros : {1U, 9U, 4096U}) {
    EXPECT_TRUE(lacks_end(open + std::string(zeros, '\0'))) << zeros;
    EXPECT_FALSE(lacks_end(jpeg + std::string(zeros, '\0'))) << zeros;
  }
  EXPECT_FALSE(lacks_end(open + jpeg));  // the start of the next image is a marker
}

TEST_F(JpegTest, TellsDataThatIsMissingFromWhatFillsUp) {
  for (const bool progressive : {false, true}) {
    JpegMaker maker;
    maker.progressive = progressive;
    const std::string jpeg = maker.make();
    const std::string open = jpeg.substr(0, jpeg.size() - 2);
    for (const size_t fill : {1U, 9U, 64U, 5000U}) {
      for (const char byte : {'\0', '\xff'}) {
        const std::string filled(fill, byte);
        EXPECT_TRUE(lacks_end(open + filled)) << progressive << ", " << fill;
        for (const size_t left : {3U, 4U, 8U, 40U, 200U}) {
          EXPECT_FALSE(lacks_end(jpeg.substr(0, jpeg.size() - left) + filled))
              << progressive << ", " << fill << " bytes for " << left;
        }
      }
    }
  }
}

TEST_F(JpegTest, CannotTellAMissingEndOfArithmeticCodes) {
  for (const bool progressive : {false, true}) {
    JpegMaker maker;
    maker.arithmetic = true;
    maker.progressive = progressive;
    const std::string jpeg = maker.make();
    ASSERT_TRUE(check(jpeg)) << problem_;
    for (size_t left = 0; left <= 40; ++left) {
      EXPECT_FALSE(lacks_end(jpeg.substr(0, jpeg.size() - left))) << left;
    }
  }
}

// Each scan again costs the time of the whole image.
TEST_F(JpegTest, RefusesScansWithoutEnd) {
  JpegMaker maker;
  maker.progressive = true;
  const std::string jpeg = maker.make();
  const std::string open = jpeg.substr(0, jpeg.size() - 2);
  // The first scan can be read again and again: its values take the place of those that are there.
  const size_t scan = open.find("\xff\xda");
  const size_t tables = open.find("\xff\xc4");
  ASSERT_LT(tables, scan);
  const std::string first = open.substr(tables, open.find("\xff\xc4", scan) - tables);
  const auto with_more = [&](int count) {
    std::string more = open;
    for (int i = 0; i < count; ++i) more += first;
    return more;
  };
  EXPECT_TRUE(decode(with_more(400) + "\xff\xd9")) << problem_;
  for (const char* end : {"\xff\xd9", ""}) {
    const std::string bomb = with_more(600) + end;
    for (const bool accepted : {decode(bomb), check(bomb)}) {
      EXPECT_FALSE(accepted);
      EXPECT_EQ(problem_, "broken JPEG: it has more than 500 scans");
    }
    EXPECT_FALSE(lacks_end(bomb));
  }
  EXPECT_TRUE(decode(jpeg)) << problem_;
}

struct Case {
  const char* name;
  JpegMaker maker;
};

std::vector<Case> cases() {
  JpegMaker progressive;
  progressive.progressive = true;
  JpegMaker scans;
  scans.separate_scans = true;
  JpegMaker restarts;
  restarts.restarts = true;
  JpegMaker gray;
  gray.components = 1;
  JpegMaker rgb;
  rgb.rgb = true;
  JpegMaker odd;
  odd.width = 61;
  odd.height = 13;
  return {{"Baseline", {}},         {"Progressive", progressive},
          {"SeparateScans", scans}, {"Restarts", restarts},
          {"Gray", gray},           {"Rgb", rgb},
          {"OddSize", odd}};
}

class JpegKindTest : public JpegTest, public testing::WithParamInterface<Case> {
 protected:
  const std::string jpeg_ = GetParam().maker.make();
};

TEST_P(JpegKindTest, HasThePixelsOfOpencv) {
  ASSERT_TRUE(decode(jpeg_)) << problem_;
  EXPECT_TRUE(equal(pixels_, opencv_decode(jpeg_, cv::IMREAD_COLOR)));
  ASSERT_TRUE(decode(jpeg_, true)) << problem_;
  EXPECT_TRUE(equal(pixels_, opencv_decode(jpeg_, cv::IMREAD_GRAYSCALE)));
  EXPECT_TRUE(check(jpeg_)) << problem_;
}

// Whatever is accepted of an image that was cut off has all of its pixels, for OpenCV too.
TEST_P(JpegKindTest, CutOffIsBrokenOrWhole) {
  ASSERT_TRUE(decode(jpeg_));
  const cv::Mat whole = pixels_.clone();
  std::vector<size_t> sizes;
  for (size_t size = 0; size < jpeg_.size(); size += 64) sizes.push_back(size);
  for (size_t left = 1; left <= 16; ++left) sizes.push_back(jpeg_.size() - left);
  int refused = 0;
  for (const size_t size : sizes) {
    const std::string cut = jpeg_.substr(0, size);
    const bool decoded = decode(cut);
    EXPECT_EQ(check(cut), decoded) << size;
    refused += !decoded;
    if (!decoded) continue;
    EXPECT_TRUE(equal(pixels_, whole)) << size;
    EXPECT_TRUE(equal(opencv_decode(cut, cv::IMREAD_COLOR), opencv_decode(jpeg_, 1))) << size;
  }
  EXPECT_GT(refused, static_cast<int>(sizes.size()) - 4);
}

TEST_P(JpegKindTest, LacksItsEndOnlyWhereNothingElseIsCut) {
  for (size_t left = 0; left < jpeg_.size(); ++left) {
    EXPECT_EQ(lacks_end(jpeg_.substr(0, jpeg_.size() - left)), left == 1 || left == 2) << left;
  }
  ASSERT_TRUE(decode(jpeg_)) << problem_;  // nothing is left of the cut ones
}

TEST_P(JpegKindTest, WithDamageAndNoEndIsBroken) {
  const std::string open = jpeg_.substr(0, jpeg_.size() - 2);
  for (size_t at = jpeg_.find("\xff\xda"); at < open.size(); at += 5) {
    std::string damaged = open;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    // What passes is what would with its end.
    if (lacks_end(damaged)) {
      EXPECT_TRUE(check(damaged + "\xff\xd9")) << at << ": " << problem_;
    }
  }
}

// The marker where each scan begins; what stands before it are whole scans.
TEST_P(JpegKindTest, CutBetweenScansIsBroken) {
  const std::string_view scan("\xff\xda");
  for (size_t at = jpeg_.find(scan); at != std::string::npos; at = jpeg_.find(scan, at + 1)) {
    const std::string cut = jpeg_.substr(0, at);
    EXPECT_FALSE(decode(cut)) << at;
    EXPECT_FALSE(check(cut)) << at;
  }
}

TEST_P(JpegKindTest, TakesBytesBehindTheEnd) {
  EXPECT_TRUE(decode(jpeg_ + "trailing bytes")) << problem_;
  EXPECT_TRUE(check(jpeg_ + jpeg_)) << problem_;
}

// One byte after another of the compressed data is changed: decode() and check() see the same.
TEST_P(JpegKindTest, CheckAgreesWithDecodeOnDamage) {
  const size_t begin = jpeg_.find("\xff\xda");
  for (size_t at = begin; at < jpeg_.size(); at += 7) {
    std::string damaged = jpeg_;
    damaged[at] = static_cast<char>(damaged[at] ^ 0x5a);
    EXPECT_EQ(check(damaged), decode(damaged)) << at << ": " << problem_;
  }
}

INSTANTIATE_TEST_SUITE_P(Jpeg, JpegKindTest, testing::ValuesIn(cases()),
                         [](const auto& test) { return std::string(test.param.name); });

}  // namespace
}  // namespace caffe_multilabel
