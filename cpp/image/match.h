// Does an image record hold the pixels of its image file?
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "image/decode.h"
#include "record/datum.h"

namespace caffe_multilabel {

// Reads an image file again, in the way the record itself tells: gray when it has one channel,
// scaled when its size is another, without the ramps that a record may have. One object a thread.
class ImageMatcher {
 public:
  // `stored` is a well-formed record's Datum, `pixels` what its encoded bytes decode to (empty for
  // a raw record). Gives the difference, or nothing when they match:
  // - bytes of an encoded record equal to the file's always match, also with the end marker that a
  //   JPEG lacks;
  // - lossless pixels are equal, and within one gray level where the image was scaled, which is
  //   how far builds of OpenCV differ;
  // - JPEG records are what quality 95 makes of the image, within 2 levels on average, which is
  //   how far JPEG libraries differ.
  std::optional<std::string> difference(const std::string& path, const DatumView& stored,
                                        const cv::Mat& pixels);

  // The same of a record of several images, whose planes follow each other.
  std::optional<std::string> difference(const std::vector<std::string>& paths,
                                        const DatumView& stored, const cv::Mat& pixels);

 private:
  // Of a record without ramps.
  std::optional<std::string> difference_of_image(const std::string& path, const DatumView& stored,
                                                 const cv::Mat& pixels);

  ImageDecoder decoder_;
  std::vector<char> file_;
  cv::Mat expected_;
  cv::Mat scaled_;
  DatumView part_;
  std::vector<uint8_t> reencoded_;
};

}  // namespace caffe_multilabel
