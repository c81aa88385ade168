// A quick proof that a plain JPEG decodes: every Huffman code is read, no coefficient is made.
//
// Reading the codes is three quarters of decoding. A library that decodes must also hold values and
// positions for each; a proof needs only how many bits a code takes, so it reads them about twice
// as fast, which is what passing encoded images through costs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "image/jpeg_codes.h"

namespace caffe_multilabel {

// Walks images; keeps its buffers. One object a thread.
class JpegScan {
 public:
  // True: the file is a baseline JPEG of 1 or 3 components in one scan, as cameras and libjpeg
  // write them, all of its blocks are there, and its end is where its last block says. libjpeg then
  // decodes it without a complaint. False: not proven, which says nothing against the file.
  bool proves(const uint8_t* data, size_t size);

 private:
  struct Component {
    uint8_t id = 0;
    int across = 1;  // blocks in a minimum coded unit
    int down = 1;
    size_t quantization = 0;  // tables
    size_t dc = 0;
    size_t ac = 0;
  };
  class Reader;

  bool read_headers(Reader* reader);
  bool read_quantization(Reader segment);
  bool read_huffman(Reader segment);
  bool read_frame(Reader segment);
  bool read_scan_header(Reader segment);
  bool walk_scan(const uint8_t* data, size_t size);
  const uint8_t* unstuff(const uint8_t* begin, const uint8_t* end);
  bool walk_units(size_t units);

  std::array<JpegCodeTable, 4> dc_;
  std::array<JpegCodeTable, 4> ac_;
  std::array<bool, 4> quantization_{};
  std::vector<Component> components_;
  int width_ = 0;
  int height_ = 0;
  size_t units_ = 0;
  size_t restart_interval_ = 0;
  std::vector<uint8_t> clean_;  // coded bytes of one restart interval, without stuffing
  size_t clean_size_ = 0;
};

}  // namespace caffe_multilabel
