// Thousands of broken inputs, the same at every run. Nothing may crash, hang or read where nothing
// is; the sanitizers look on.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <opencv2/core.hpp>
#include <random>
#include <string>
#include <vector>

#include "image/decode.h"
#include "image/header.h"
#include "list/file.h"
#include "record/datum.h"
#include "tests/images.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

// Breaks inputs as files break, and as fuzzers break them.
class Mutator {
 public:
  explicit Mutator(unsigned seed) : random_(seed) {}

  size_t below(size_t limit) { return limit == 0 ? 0 : random_() % limit; }

  std::string mutate(std::string text, const std::vector<std::string>& tokens) {
    for (size_t left = 1 + below(4); left > 0; --left) {
      const size_t at = below(text.size() + 1);
      switch (below(7)) {
        case 0:
          text.resize(at);
          break;
        case 1:
          text.insert(at, tokens[below(tokens.size())]);
          break;
        case 2:
          text.erase(at, 1 + below(8));
          break;
        case 3:
          text.insert(at, text.substr(below(text.size() + 1), below(40)));
          break;
        case 4:
          for (size_t i = at; i < std::min(at + 1 + below(4), text.size()); ++i) {
            text[i] = static_cast<char>(random_());
          }
          break;
        default:
          if (at < text.size()) text[at] = static_cast<char>(text[at] ^ 1 << below(8));
      }
    }
    return text;
  }

 private:
  std::mt19937 random_;
};

// Ends where its memory ends, so that AddressSanitizer sees a byte too many.
class Exact {
 public:
  explicit Exact(std::string_view bytes) : bytes_(bytes.begin(), bytes.end()) {
    bytes_.shrink_to_fit();
  }
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(bytes_.data()); }
  size_t size() const { return bytes_.size(); }

 private:
  std::vector<char> bytes_;
};

TEST(Fuzz, ListsAreReadOrRefused) {
  const std::vector<std::string> lists = {
      "a.jpg 1 2\nsub dir/b.jpg 3 -4e2\n",
      "path,color,flag\n\"a,b.jpg\",red,1\n\"say \"\"x\"\"\",0,-1\r\n",
      "\xEF\xBB\xBF"
      "a b.jpg\t0\t1\n\nc.jpg\t1\t0",
      "path_1,path_2,color\na.jpg,\"b,1.jpg\",red\nb.jpg,c.jpg,1\n",
  };
  const std::vector<std::string> tokens = {
      "\n",           "\r\n", "\t", ",", "\"", " ", "nan", "1e999", std::string(1, '\0'),
      "\xEF\xBB\xBF", "red",  "-1"};
  LabelRule color;
  color.task = "color";
  color.kind = LabelRule::Kind::kClass;
  color.classes = 5;
  color.names = {{"red", 0.0F}};
  const TemporaryDirectory directory;
  Mutator mutator(1);
  int read = 0;
  for (int round = 0; round < 1500; ++round) {
    const std::string path = directory / (round % 5 == 0 ? "list.csv" : "list.txt");
    write_file(path, mutator.mutate(lists[mutator.below(lists.size())], tokens));
    ListOptions options;
    options.label_count = mutator.below(4);
    options.format = static_cast<ListFormat>(mutator.below(4));
    if (round % 2 == 0) options.rules = {color};
    options.images_per_record = round % 4 == 3 ? 2 : 1;
    try {
      const RecordList records = read_list(path, options).records;
      ++read;
      for (size_t record = 0; record < records.size(); ++record) {
        for (size_t image = 0; image < options.images_per_record; ++image) {
          EXPECT_FALSE(records.path(record, image).empty());
        }
        EXPECT_GT(records.line(record), 0U);
      }
    } catch (const Error& error) {
      EXPECT_EQ(error.kind(), ErrorKind::kList);
      EXPECT_TRUE(mentions(error.what(), path));
    }
  }
  EXPECT_GT(read, 50);
}

TEST(Fuzz, DatumsAreReadOrRefused) {
  ImageDatum image;
  std::fill_n(image.begin_raw({3, 2, 2}), 12, uint8_t{7});
  std::vector<std::string> datums{std::string(image.finish(-1))};
  const float labels[] = {1, -2.5F, 3e8F};
  datums.emplace_back();
  write_label_datum({3, 1, 1}, labels, 7, &datums.back());
  datums.emplace_back("\x32\x08\x00\x00\x80\x3f\x00\x00\x00\xc0\x52\x02xy", 14);  // packed, unknown
  const std::vector<std::string> tokens = {"\xff\xff\xff\xff\x0f",
                                           "\x22",
                                           "\x38",
                                           "\x32",
                                           "\x35",
                                           std::string("\x08\x80\x80\x80\x80\x00", 6)};
  Mutator mutator(2);
  DatumView view;
  std::string problem;
  int read = 0;
  for (int round = 0; round < 50'000; ++round) {
    const Exact bytes(mutator.mutate(datums[mutator.below(datums.size())], tokens));
    const std::string_view value(reinterpret_cast<const char*>(bytes.data()), bytes.size());
    read += parse_datum(value, &view, &problem);
    EXPECT_LE(view.values().size(), bytes.size());
  }
  EXPECT_GT(read, 1000);
}

// The images whose headers are looked at by hand, and what their mutations are made of.
struct Images {
  std::vector<std::string> whole;
  std::vector<std::string> tokens;

  Images() {
    for (const std::string& name : golden_names()) whole.push_back(golden(name));
    const std::string exif = ExifMaker().segment();
    whole.push_back(with_segment(JpegMaker().make(), exif));
    whole.push_back(with_chunk(encoded_as(".png", noise(9, 9, 3)), "IDAT",
                               png_chunk("eXIf", ExifMaker().tiff())));
    tokens = {exif,
              "\xff\xe1\xff\xff",
              std::string("\xff\xe1\x00\x08", 4),
              "\xff\xd9",
              "\xff",
              "IDAT",
              "tRNS",
              std::string("\xff\xff\xff\xff", 4),
              "IEND"};
  }
};

TEST(Fuzz, HeadersAreReadInTheirBounds) {
  const Images images;
  Mutator mutator(3);
  std::string problem;
  for (int round = 0; round < 50'000; ++round) {
    // The beginning decides; whole images would hide a read behind the header's end.
    const std::string& whole = images.whole[mutator.below(images.whole.size())];
    const std::string head = whole.substr(0, 20 + mutator.below(200));
    const Exact bytes(mutator.mutate(head, images.tokens));
    const ImageFormat format = image_format(bytes.data(), bytes.size());
    if (format == ImageFormat::kJpeg) may_be_rotated(bytes.data(), bytes.size());
    if (format == ImageFormat::kPng) is_plain_png(bytes.data(), bytes.size(), round % 2 == 0);
    is_plausible(format, bytes.data(), bytes.size(), 100, 100, &problem);
  }
}

TEST(Fuzz, ImagesAreDecodedOrRefused) {
  const Images images;
  const QuietStderr quiet;
  Mutator mutator(4);
  ImageDecoder decoder;
  cv::Mat pixels;
  std::string problem;
  int decoded = 0;
  int ended = 0;
  for (int round = 0; round < 5000; ++round) {
    const std::string& whole = images.whole[mutator.below(images.whole.size())];
    const Exact bytes(mutator.mutate(whole, images.tokens));
    const bool gray = round % 2 == 0;
    const bool trust = round % 3 == 0;
    problem.clear();
    if (decoder.decode(bytes.data(), bytes.size(), gray, &pixels, &problem)) {
      ++decoded;
      EXPECT_EQ(pixels.type(), gray ? CV_8UC1 : CV_8UC3);
    } else {
      EXPECT_FALSE(problem.empty());
    }
    const std::string_view end = decoder.missing_end(bytes.data(), bytes.size());
    if (!end.empty()) {
      ++ended;
      const std::string jpeg =
          std::string(bytes.data(), bytes.data() + bytes.size()) + std::string(end);
      EXPECT_TRUE(decoder.decode(bytes_of(jpeg), jpeg.size(), gray, &pixels, &problem)) << problem;
    }
    const auto agreement =
        decoder.compare(bytes.data(), bytes.size(), gray, trust, &pixels, &problem).agreement;
    // What passes through unseen must decode, to the same pixels.
    if (agreement == ImageDecoder::Agreement::kYes && !trust) {
      cv::Mat stored;
      ASSERT_TRUE(decoder.decode(bytes.data(), bytes.size(), gray, &pixels, &problem)) << round;
      ASSERT_TRUE(decoder.decode_stored(bytes.data(), bytes.size(), &stored, &problem)) << round;
      ASSERT_EQ(stored.size(), pixels.size()) << round;
      EXPECT_EQ(cv::norm(stored, pixels, cv::NORM_INF), 0) << round;
    }
  }
  EXPECT_GT(decoded, 500);
  EXPECT_GT(ended, 0);
}

}  // namespace
}  // namespace caffe_multilabel
