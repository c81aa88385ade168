// Images in memory: decoding as Caffe's converter and as Caffe's Data layer do, and encoding.
//
// The first ImageDecoder or encode() of a process sets OpenCV to one thread and keeps it quiet: the
// core makes its own threads, and reports broken images itself.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <opencv2/core/mat.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "base/shape.h"
#include "image/file.h"
#include "image/jpeg.h"
#include "image/jpeg_scan.h"
#include "image/png.h"

namespace caffe_multilabel {

// What an encoded image becomes: the pixels as they are stored, or Caffe's force_color or
// force_gray of them.
enum class Decoding { kStored, kColor, kGray };

// Decodes images; keeps buffers between calls. One object a thread. Every function that can fail
// returns false with `*problem` saying why; none throws on bad bytes.
class ImageDecoder {
 public:
  ImageDecoder();

  // What to put behind the bytes of a file before the functions below see them: the end marker of a
  // JPEG that has all of its data and lacks no more than that, or its second byte. Webcams write
  // such files, and OpenCV, with it Caffe, does not read them whole. Empty for all other files.
  std::string_view missing_end(const uint8_t* data, size_t size);

  // Reads a file as read_image_file() does, and puts behind its bytes what missing_end() says, of
  // which `*lacked_end` tells. `room`, asked again for more, keeps what is in it.
  FileRead read_file(const std::string& path, const std::function<uint8_t*(size_t)>& room,
                     size_t* size, bool* lacked_end, std::string* problem);

  // What cv::imread gives with IMREAD_COLOR or, for `gray`, IMREAD_GRAYSCALE: 8 bits, orientation
  // followed, alpha dropped; 3 channels or 1 in every case. Plain JPEGs take libjpeg-turbo
  // straight, PNGs libpng.
  bool decode(const uint8_t* data, size_t size, bool gray, cv::Mat* pixels, std::string* problem);

  // What Caffe's Data layer makes of an encoded Datum: IMREAD_UNCHANGED. Fails when that is not
  // 8 bits, which Caffe cannot take.
  bool decode_stored(const uint8_t* data, size_t size, cv::Mat* pixels, std::string* problem);

  // The one of the two that gives `decoding`.
  bool decode_as(Decoding decoding, const uint8_t* data, size_t size, cv::Mat* pixels,
                 std::string* problem);

  // Whether both decoders above give the same pixels, so that the bytes may be stored as they are.
  enum class Agreement { kYes, kNo, kBroken };
  struct Comparison {
    Agreement agreement;
    Shape shape;  // with kYes
  };
  // With `trust` a plain header and the end of a file that is not cut off are enough; else the
  // bytes are proven to decode. After kNo the pixels of `decode` are in `*pixels`.
  Comparison compare(const uint8_t* data, size_t size, bool gray, bool trust, cv::Mat* pixels,
                     std::string* problem);

 private:
  // A JPEG that takes the straight path.
  bool is_straight(const JpegDecoder::Header& header, const uint8_t* data, size_t size) const;
  bool read_jpeg_header(const uint8_t* data, size_t size, JpegDecoder::Header* header,
                        std::string* problem);
  bool decode_png(const uint8_t* data, size_t size, PngDecoder::Layout layout, cv::Mat* pixels,
                  std::string* problem);

  JpegDecoder jpeg_;
  JpegScan scan_;
  PngDecoder png_;
  cv::Mat stored_;
};

// Scales bilinearly to exactly width x height, as cv::resize does by default.
void resize(const cv::Mat& pixels, int width, int height, cv::Mat* resized);

// Writes interleaved rows as planes: (H, W, C) to (C, H, W).
void to_planes(const cv::Mat& pixels, uint8_t* planes);

Shape shape_of(const cv::Mat& pixels);

// `type` is a file name ending without its dot ("jpg", "png"); JPEG quality is 95.
bool encode(const cv::Mat& pixels, const std::string& type, std::vector<uint8_t>* bytes,
            std::string* problem);

}  // namespace caffe_multilabel
