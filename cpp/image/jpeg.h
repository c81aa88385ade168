// JPEG through libjpeg-turbo itself: the same pixels as cv::imread on plain files, with no setup
// cost an image.
#pragma once

#include <csetjmp>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <opencv2/core/mat.hpp>
#include <string>
#include <vector>

// jpeglib.h wants <cstdio> before it.
#include <jpeglib.h>

namespace caffe_multilabel {

// Decodes one image after another; memory of the library is kept between them. Not for use by
// two threads at once.
class JpegDecoder {
 public:
  JpegDecoder();
  ~JpegDecoder();
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;

  // So many bytes may be left over in a scan, besides the few that libjpeg holds; where a decoder
  // lost its way many more are.
  static constexpr size_t kMostStray = 8;

  struct Header {
    int width = 0;
    int height = 0;
    int components = 0;
  };

  // All three return false with `*problem` when the image is broken. An image whose compressed
  // data ends early is broken: other programs fill the rest with gray. One of very many scans is
  // refused, for each takes the time of the whole image, and need not take a hundred bytes.
  bool read_header(const uint8_t* data, size_t size, Header* header, std::string* problem);
  // BGR, or one channel with `gray`. Takes images of 1 and 3 components.
  bool decode(const uint8_t* data, size_t size, bool gray, cv::Mat* pixels, std::string* problem);
  // Proves that `decode` would succeed: reads all of the compressed data, makes no pixels.
  bool check(const uint8_t* data, size_t size, std::string* problem);

  // Whether all of the compressed data is there, with no marker behind it: nothing, a few stray
  // bytes, or what fills a copy up. False where that cannot be proven, as of arithmetic codes. Only
  // for what read_header() takes; reads as `check` does.
  bool lacks_end(const uint8_t* data, size_t size, const Header& header);

 private:
  // Both run `body` where a libjpeg error comes back as false instead of ending the process.
  template <typename Body>
  bool completes(const Body& body);
  template <typename Body>
  bool guarded(std::string* problem, const Body& body);
  void start(const uint8_t* data, size_t size);
  void read_coefficients(const uint8_t* data, size_t size);
  void make_row(const Header& header);
  // The same of so many bytes, with nothing that fills up.
  bool ends_open(const uint8_t* data, size_t size);
  // No marker, and nothing that tells of damage.
  bool only_harmless_behind();
  bool has_all_coefficients() const;

  static void on_error(j_common_ptr info);
  static void on_message(j_common_ptr info, int level);
  static void on_progress(j_common_ptr info);

  struct ErrorManager : jpeg_error_mgr {
    std::jmp_buf escape;
    bool damaged;    // pixels were made up
    bool ran_out;    // the bytes ended before their end marker
    int complaints;  // of every kind
    bool too_many_scans;
  };

  ErrorManager errors_{};
  jpeg_progress_mgr progress_{};
  jpeg_decompress_struct info_{};
  std::vector<uint8_t> row_;
};

}  // namespace caffe_multilabel
