// PNG through libpng itself: the same pixels and the same verdict with every OpenCV.
//
// OpenCV's own decoder changed with its versions: some leave the pixels behind damage as they were,
// newer ones play animations, of which Caffe's OpenCV reads the still image.
#pragma once

#include <cstddef>
#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <vector>

namespace caffe_multilabel {

// Decodes one image after another. Not for use by two threads at once.
class PngDecoder {
 public:
  enum class Layout {
    kBgr,     // as cv::imread: 8 bits, alpha dropped, EXIF orientation followed
    kGray,    // the same with IMREAD_GRAYSCALE
    kStored,  // as IMREAD_UNCHANGED: 1, 3 or 4 channels of 8 or 16 bits, not turned
  };

  // Fills `*pixels`. False for what libpng finds broken, and then `*pixels` is of no use: a chunk
  // that misses or whose checksum is wrong, compressed data that ends early or is damaged, no end.
  // As libpng by default it takes what leaves the pixels whole: a damaged text, bytes behind the
  // end. The size that the header claims must be one that memory can hold; see is_plausible().
  bool decode(const uint8_t* data, size_t size, Layout layout, cv::Mat* pixels);

 private:
  std::vector<uint8_t*> rows_;
};

}  // namespace caffe_multilabel
