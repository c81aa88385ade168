// From an image file to the value of an image record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "image/decode.h"
#include "record/datum.h"

namespace caffe_multilabel {

struct ImageOptions {
  bool gray = false;
  // Both 0 leaves the size alone; one alone is refused by validate().
  int resize_width = 0;
  int resize_height = 0;
  // Store compressed bytes. A file goes in untouched when Caffe would read the same pixels from it
  // as from a raw record; the rest is encoded again.
  bool encoded = false;
  // "jpg", "jpeg" or "png"; empty makes PNG of images that lost nothing in their file, and JPEG
  // (quality 95) of the rest. Turns `encoded` on, as in Caffe.
  std::string encode_type;
  // Takes a plain header and the end of a file that is not cut off as proof that a file passed
  // through decodes. Several times as fast.
  bool trust = false;
  // Adds the channels of image/ramps.h behind those of the image. Raw records only.
  bool ramps = false;

  bool stores_encoded() const { return encoded || !encode_type.empty(); }
  // Of records of so many images. Throws Error(kOption).
  void validate(size_t images_per_record = 1) const;
};

enum class Stored { kRaw, kPassedThrough, kReencoded };

// Makes image records of files. One object a thread.
class ImageRecordBuilder {
 public:
  explicit ImageRecordBuilder(ImageOptions options) : options_(std::move(options)) {}

  struct Result {
    Shape shape;  // of the pixels Caffe will see
    Stored stored = Stored::kRaw;
    uint64_t lacked_end = 0;   // JPEGs, see ImageDecoder::missing_end
    uint64_t from_floats = 0;  // images, see holds_floats()
  };

  // Reads and decodes the images of a record and fills `*datum`, all but ImageDatum::finish. The
  // planes of several follow each other. False with `*problem`, without the path, when one cannot
  // be used; failed_image() and was_opened() then say which, and whether there is a file at all.
  bool build(const std::vector<std::string>& paths, ImageDatum* datum, Result* result,
             std::string* problem);
  // Which image the last build() came to.
  size_t failed_image() const { return image_; }
  // Whether the last build() could open its file.
  bool was_opened() const { return was_opened_; }

 private:
  using Room = std::function<uint8_t*(size_t)>;
  bool read(const std::string& path, const Room& room, Result* result, size_t* size,
            std::string* problem);
  // Adds the planes of the image at `image_`, of `images` in the record.
  bool build_raw(const std::string& path, size_t images, ImageDatum* datum, Result* result,
                 std::string* problem);
  bool build_encoded(const std::string& path, ImageDatum* datum, Result* result,
                     std::string* problem);
  bool may_pass_through(const uint8_t* data, size_t size) const;
  const cv::Mat& resized(const cv::Mat& pixels);

  ImageOptions options_;
  ImageDecoder decoder_;
  size_t image_ = 0;
  bool was_opened_ = false;
  uint8_t* planes_ = nullptr;  // where those of the next image of the record go
  std::vector<uint8_t> file_;
  cv::Mat pixels_;
  cv::Mat resized_;
  std::vector<uint8_t> encoded_;
};

}  // namespace caffe_multilabel
