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

  bool stores_encoded() const { return encoded || !encode_type.empty(); }
  // Throws Error(kOption).
  void validate() const;
};

enum class Stored { kRaw, kPassedThrough, kReencoded };

// Makes image records of files. One object a thread.
class ImageRecordBuilder {
 public:
  explicit ImageRecordBuilder(ImageOptions options) : options_(std::move(options)) {}

  struct Result {
    Shape shape;  // of the pixels Caffe will see
    Stored stored = Stored::kRaw;
    bool lacked_end = false;   // a JPEG, see ImageDecoder::missing_end
    bool from_floats = false;  // see holds_floats()
  };

  // Reads and decodes `path` and fills `*datum`, all but ImageDatum::finish. False with
  // `*problem`, without the path, when the image cannot be used; was_opened() then says
  // whether there is a file at all.
  bool build(const std::string& path, ImageDatum* datum, Result* result, std::string* problem);
  // Whether the last build() could open its file.
  bool was_opened() const { return was_opened_; }

 private:
  using Room = std::function<uint8_t*(size_t)>;
  bool read(const std::string& path, const Room& room, Result* result, size_t* size,
            std::string* problem);
  bool build_raw(const std::string& path, ImageDatum* datum, Result* result, std::string* problem);
  bool build_encoded(const std::string& path, ImageDatum* datum, Result* result,
                     std::string* problem);
  bool may_pass_through(const uint8_t* data, size_t size) const;
  const cv::Mat& resized(const cv::Mat& pixels);

  ImageOptions options_;
  ImageDecoder decoder_;
  bool was_opened_ = false;
  std::vector<uint8_t> file_;
  cv::Mat pixels_;
  cv::Mat resized_;
  std::vector<uint8_t> encoded_;
};

}  // namespace caffe_multilabel
