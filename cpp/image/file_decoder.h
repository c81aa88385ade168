// Image files as Caffe's layers read them one by one.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

#include "image/decode.h"

namespace caffe_multilabel {

// Reads and decodes files as cv::imread does. One object a thread, whose buffers are reused. What
// fails gives false with `*problem`, which does not name the file.
class FileDecoder {
 public:
  // The bytes of a file. They are whole where the file lacks only its end.
  bool read(const std::string& path, std::vector<uint8_t>* bytes, std::string* problem);

  // What ImageDecoder::decode gives for such bytes.
  bool decode(const std::vector<uint8_t>& bytes, bool gray, cv::Mat* pixels, std::string* problem) {
    return decoder_.decode(bytes.data(), bytes.size(), gray, pixels, problem);
  }

  // Both.
  bool decode(const std::string& path, bool gray, cv::Mat* pixels, std::string* problem) {
    return read(path, &file_, problem) && decode(file_, gray, pixels, problem);
  }

 private:
  ImageDecoder decoder_;
  std::vector<uint8_t> file_;
};

}  // namespace caffe_multilabel
