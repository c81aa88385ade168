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

namespace caffe_multilabel {

// Walks images; keeps its buffers. One object a thread.
class JpegScan {
 public:
  // True: the file is a baseline JPEG of 1 or 3 components in one scan, as cameras and libjpeg
  // write them, all of its blocks are there, and its end is where its last block says. libjpeg then
  // decodes it without a complaint. False: not proven, which says nothing against the file.
  bool proves(const uint8_t* data, size_t size);

 private:
  // What a code means: the bits that it and its value take, and how many coefficients it goes on.
  struct Code {
    uint8_t bits = 0;  // 0: no code
    uint8_t steps = 0;
  };
  static constexpr unsigned kIndexBits = 12;
  class HuffmanTable {
   public:
    void clear() { defined_ = false; }
    bool defined() const { return defined_; }
    // From the 16 counts of code lengths, and the symbols. False when they are none of an 8-bit
    // image. Most images of a set have the same tables, which cost nothing then.
    bool fill(const uint8_t* counts, const uint8_t* symbols, bool is_ac);
    // `window`: the next bits, the first one highest; 16 of them are looked at.
    Code find(uint64_t window) const {
      const Code code = quick_[window >> (64 - kIndexBits)];
      return code.bits != 0 ? code : find_long(window);
    }
    // One code or two together, where both and their values are short.
    Code find_pair(uint64_t window) const {
      const Code code = pairs_[window >> (64 - kIndexBits)];
      return code.bits != 0 ? code : find(window);
    }

   private:
    Code find_long(uint64_t window) const;
    void fill_pairs();

    bool defined_ = false;
    std::vector<uint8_t> source_;               // counts and symbols that the table was filled from
    std::array<Code, 1U << kIndexBits> quick_;  // by the next kIndexBits bits
    std::array<Code, 1U << kIndexBits> pairs_;
    std::array<Code, 256> codes_;  // in the order of their bits
    // By length: the codes' first and last-plus-one 16-bit words, and the first one's index.
    std::array<uint32_t, 17> first_word_;
    std::array<uint32_t, 17> end_word_;
    std::array<uint32_t, 17> first_code_;
  };
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

  std::array<HuffmanTable, 4> dc_;
  std::array<HuffmanTable, 4> ac_;
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
