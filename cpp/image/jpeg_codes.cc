#include "image/jpeg_codes.h"

#include <algorithm>
#include <numeric>

namespace caffe_multilabel {

bool JpegCodeTable::fill(const uint8_t* counts, const uint8_t* symbols, bool is_ac) {
  const size_t total = std::accumulate(counts, counts + 16, size_t{0});
  if (source_.size() == 16 + total && std::equal(counts, counts + 16, source_.begin()) &&
      std::equal(symbols, symbols + total, source_.begin() + 16)) {
    defined_ = true;
    return true;
  }
  defined_ = false;
  source_.clear();
  quick_.fill(JpegCode());
  uint32_t word = 0;  // the first 16 bits that start with the next code
  uint32_t index = 0;
  for (unsigned length = 1; length <= 16; ++length) {
    const uint32_t words = 1U << (16 - length);
    first_word_[length] = word;
    first_code_[length] = index;
    for (int i = 0; i < counts[length - 1]; ++i) {
      const unsigned symbol = symbols[index];
      const unsigned value_bits = symbol & 15;
      const bool ends = is_ac && symbol == 0;
      const bool zeros = symbol == 0xf0;
      // Of 8-bit images: values have 11 bits in DC, 10 in AC.
      if (is_ac ? value_bits > 10 : symbol > 11) return false;
      if (is_ac && value_bits == 0 && !ends && !zeros) return false;
      // The code of all ones is reserved.
      if (word + words > 0xffff || index == codes_.size()) return false;
      JpegCode& code = codes_[index++];
      code.bits = static_cast<uint8_t>(length + value_bits);
      code.steps = ends ? JpegCode::kEndOfBlock : static_cast<uint8_t>((symbol >> 4) + 1);
      if (length <= kIndexBits) {
        std::fill_n(quick_.begin() + (word >> (16 - kIndexBits)), words >> (16 - kIndexBits), code);
      }
      word += words;
    }
    end_word_[length] = word;
  }
  fill_pairs();
  source_.assign(counts, counts + 16);
  source_.insert(source_.end(), symbols, symbols + total);
  defined_ = true;
  return true;
}

void JpegCodeTable::fill_pairs() {
  for (size_t index = 0; index < pairs_.size(); ++index) {
    pairs_[index] = quick_[index];
    const JpegCode first = quick_[index];
    if (first.bits == 0 || first.bits >= kIndexBits || first.steps == JpegCode::kEndOfBlock)
      continue;
    const JpegCode second = quick_[index << first.bits & (pairs_.size() - 1)];
    if (second.bits == 0 || first.bits + second.bits > kIndexBits) continue;
    pairs_[index].bits = static_cast<uint8_t>(first.bits + second.bits);
    pairs_[index].steps = static_cast<uint8_t>(first.steps + second.steps);
  }
}

JpegCode JpegCodeTable::find_long(uint64_t window) const {
  const auto word = static_cast<uint32_t>(window >> 48);
  for (unsigned length = kIndexBits + 1; length <= 16; ++length) {
    if (word < end_word_[length]) {
      return codes_[first_code_[length] + ((word - first_word_[length]) >> (16 - length))];
    }
  }
  return {};
}

}  // namespace caffe_multilabel
