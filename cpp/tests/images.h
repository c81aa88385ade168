// Images made for a test, byte by byte where it matters.
#pragma once

#include <cstdint>
#include <opencv2/core/mat.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace caffe_multilabel {

// Pixels with detail in every block, the same for the same arguments.
cv::Mat noise(int width, int height, int channels);

// A PNG or another format of OpenCV's, by its file name ending with the dot.
std::string encoded_as(const std::string& ending, const cv::Mat& pixels);

// What OpenCV makes of a file; flags are those of cv::imdecode.
cv::Mat opencv_decode(const std::string& bytes, int flags);

// Whether two images have one size, one type and the same pixels.
bool equal(const cv::Mat& a, const cv::Mat& b);

struct JpegMaker {
  int width = 64;
  int height = 48;
  int components = 3;
  bool progressive = false;
  bool separate_scans = false;  // one for each component
  bool restarts = false;        // a restart marker after each row of blocks
  bool rgb = false;             // three components that are no YCbCr
  bool arithmetic = false;      // coded so, where libjpeg can

  std::string make() const;
};

// PNGs of every kind. The pixels are noise, the palette too.
struct PngMaker {
  int width = 19;
  int height = 13;
  int color_type = 2;  // as the header has it: 0 gray, 2 RGB, 3 palette, 4 gray + alpha, 6 RGBA
  int bit_depth = 8;
  bool interlaced = false;
  bool transparent = false;  // with a tRNS chunk; not for those with alpha

  std::string make() const;
};

// Structures of an EXIF segment: a TIFF header and a directory with one orientation entry.
struct ExifMaker {
  bool little_endian = true;
  int orientation = 6;
  int tag = 0x0112;
  int type = 3;     // SHORT
  int entries = 1;  // as the directory claims
  std::string mark = std::string("Exif\0\0", 6);

  std::string tiff() const;
  // The whole APP1 segment.
  std::string segment() const;
};

// TIFF files of any entries, with parts of any bytes.
struct TiffMaker {
  bool little_endian = true;
  bool tiled = false;
  std::vector<std::pair<uint32_t, uint32_t>> entries;  // tag and value
  std::vector<std::string> parts;

  std::string make() const;
};

// `segment` right after the start marker.
std::string with_segment(std::string_view jpeg, std::string_view segment);

// The compressed data of a PNG's IDAT chunks.
std::string deflated(std::string_view bytes);
// A PNG's signature and header chunk: RGB of 8 bits.
std::string png_head(uint32_t width, uint32_t height);
// A whole PNG chunk, checksum included.
std::string png_chunk(std::string_view type, std::string_view content);
// `chunk` before the first chunk of type `before`.
std::string with_chunk(std::string_view png, std::string_view before, std::string_view chunk);

}  // namespace caffe_multilabel
