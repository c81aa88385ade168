// The Huffman codes of a JPEG, each only for how far it leads: in bits and in coefficients.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace caffe_multilabel {

// What a code means: the bits that it and its value take, and how many coefficients it goes on.
struct JpegCode {
  static constexpr uint8_t kEndOfBlock = 128;  // steps that no run of zeros can make

  uint8_t bits = 0;  // 0: no code
  uint8_t steps = 0;
};

// Finds the code at the beginning of some bits.
class JpegCodeTable {
 public:
  void clear() { defined_ = false; }
  bool defined() const { return defined_; }
  // From the 16 counts of code lengths, and the symbols. False when they are none of an 8-bit
  // image. Most images of a set have the same tables, which cost nothing then.
  bool fill(const uint8_t* counts, const uint8_t* symbols, bool is_ac);
  // `window`: the next bits, the first one highest; 16 of them are looked at.
  JpegCode find(uint64_t window) const {
    const JpegCode code = quick_[window >> (64 - kIndexBits)];
    return code.bits != 0 ? code : find_long(window);
  }
  // One code or two together, where both and their values are short.
  JpegCode find_pair(uint64_t window) const {
    const JpegCode code = pairs_[window >> (64 - kIndexBits)];
    return code.bits != 0 ? code : find(window);
  }

 private:
  static constexpr unsigned kIndexBits = 12;

  JpegCode find_long(uint64_t window) const;
  void fill_pairs();

  bool defined_ = false;
  std::vector<uint8_t> source_;  // counts and symbols that the table was filled from
  std::array<JpegCode, 1U << kIndexBits> quick_;  // by the next kIndexBits bits
  std::array<JpegCode, 1U << kIndexBits> pairs_;
  std::array<JpegCode, 256> codes_;  // in the order of their bits
  // By length: the codes' first and last-plus-one 16-bit words, and the first one's index.
  std::array<uint32_t, 17> first_word_;
  std::array<uint32_t, 17> end_word_;
  std::array<uint32_t, 17> first_code_;
};

}  // namespace caffe_multilabel
