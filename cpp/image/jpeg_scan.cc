#include "image/jpeg_scan.h"

#include <algorithm>
#include <cstring>

namespace caffe_multilabel {
namespace {

constexpr unsigned kCoefficients = 64;
constexpr unsigned kLongestRun = 16;
constexpr size_t kPadding = 512;  // more than the bytes of one block

enum Marker : uint8_t {
  kBaseline = 0xc0,
  kExtendedSequential = 0xc1,
  kHuffmanTables = 0xc4,
  kRestart0 = 0xd0,
  kStartOfImage = 0xd8,
  kEndOfImage = 0xd9,
  kStartOfScan = 0xda,
  kQuantizationTables = 0xdb,
  kRestartInterval = 0xdd,
  kApplication0 = 0xe0,
  kApplication15 = 0xef,
  kComment = 0xfe,
};

uint64_t load_big_endian(const uint8_t* bytes) {
  uint64_t value = 0;
  std::memcpy(&value, bytes, sizeof value);
  return __builtin_bswap64(value);
}

}  // namespace

// Bytes that are read in order. Reading past the end gives zeros and sets `failed`.
class JpegScan::Reader {
 public:
  Reader(const uint8_t* data, size_t size) : data_(data), left_(size) {}

  bool failed() const { return failed_; }
  bool empty() const { return left_ == 0; }
  const uint8_t* position() const { return data_; }
  size_t left() const { return left_; }

  uint8_t u8() {
    if (left_ == 0) {
      failed_ = true;
      return 0;
    }
    --left_;
    return *data_++;
  }
  int u16() {
    const int high = u8();
    return high << 8 | u8();
  }
  Reader take(size_t count) {
    failed_ = failed_ || count > left_;
    const size_t taken = std::min(count, left_);
    const Reader part(data_, taken);
    data_ += taken;
    left_ -= taken;
    return part;
  }

 private:
  const uint8_t* data_;
  size_t left_;
  bool failed_ = false;
};

bool JpegScan::proves(const uint8_t* data, size_t size) {
  for (JpegCodeTable& table : dc_) table.clear();
  for (JpegCodeTable& table : ac_) table.clear();
  quantization_.fill(false);
  components_.clear();
  units_ = 0;
  restart_interval_ = 0;
  Reader reader(data, size);
  return read_headers(&reader) && walk_scan(reader.position(), reader.left());
}

bool JpegScan::read_headers(Reader* reader) {
  if (reader->u8() != 0xff || reader->u8() != kStartOfImage) return false;
  for (;;) {
    if (reader->u8() != 0xff) return false;
    const uint8_t marker = reader->u8();
    const int length = reader->u16();
    if (length < 2) return false;
    const Reader segment = reader->take(static_cast<size_t>(length) - 2);
    if (reader->failed()) return false;
    switch (marker) {
      case kBaseline:
      case kExtendedSequential:
        if (!read_frame(segment)) return false;
        break;
      case kHuffmanTables:
        if (!read_huffman(segment)) return false;
        break;
      case kQuantizationTables:
        if (!read_quantization(segment)) return false;
        break;
      case kRestartInterval: {
        Reader interval = segment;
        restart_interval_ = static_cast<size_t>(interval.u16());
        if (interval.failed() || !interval.empty()) return false;
        break;
      }
      case kStartOfScan:
        return read_scan_header(segment);
      default:
        if (marker != kComment && (marker < kApplication0 || marker > kApplication15)) return false;
    }
  }
}

bool JpegScan::read_quantization(Reader segment) {
  while (!segment.empty()) {
    const int head = segment.u8();
    if (head >> 4 > 1 || (head & 15) > 3) return false;
    segment.take(head >> 4 != 0 ? 128 : 64);
    quantization_[static_cast<size_t>(head & 15)] = true;
  }
  return !segment.failed();
}

bool JpegScan::read_huffman(Reader segment) {
  while (!segment.empty()) {
    const int head = segment.u8();
    if (head >> 4 > 1 || (head & 15) > 3) return false;
    const Reader counts = segment.take(16);
    if (segment.failed()) return false;
    size_t total = 0;
    for (size_t i = 0; i < 16; ++i) total += counts.position()[i];
    const Reader symbols = segment.take(total);
    const bool is_ac = head >> 4 == 1;
    JpegCodeTable& table = (is_ac ? ac_ : dc_)[static_cast<size_t>(head & 15)];
    if (segment.failed() || !table.fill(counts.position(), symbols.position(), is_ac)) return false;
  }
  return true;
}

bool JpegScan::read_frame(Reader segment) {
  if (!components_.empty() || segment.u8() != 8) return false;
  height_ = segment.u16();
  width_ = segment.u16();
  const int count = segment.u8();
  if ((count != 1 && count != 3) || height_ == 0 || width_ == 0) return false;
  int widest = 1;
  int highest = 1;
  for (int i = 0; i < count; ++i) {
    Component component;
    component.id = segment.u8();
    const int sampling = segment.u8();
    component.quantization = segment.u8();
    component.across = sampling >> 4;
    component.down = sampling & 15;
    if (component.across < 1 || component.across > 4 || component.down < 1 || component.down > 4 ||
        component.quantization > 3) {
      return false;
    }
    // A component alone is coded block by block, whatever its sampling.
    if (count == 1) component.across = component.down = 1;
    widest = std::max(widest, component.across);
    highest = std::max(highest, component.down);
    components_.push_back(component);
  }
  const auto divides = [](int whole, int part) { return whole % part == 0; };
  for (const Component& component : components_) {
    // libjpeg has no upsampling by fractions.
    if (!divides(widest, component.across) || !divides(highest, component.down)) return false;
  }
  const auto units = [](int length, int factor) {
    return static_cast<size_t>((length + 8 * factor - 1) / (8 * factor));
  };
  units_ = units(width_, widest) * units(height_, highest);
  return !segment.failed() && segment.empty();
}

bool JpegScan::read_scan_header(Reader segment) {
  if (components_.empty() || segment.u8() != components_.size()) return false;
  int blocks = 0;
  for (Component& component : components_) {
    if (segment.u8() != component.id) return false;
    const int tables = segment.u8();
    component.dc = static_cast<size_t>(tables >> 4);
    component.ac = static_cast<size_t>(tables & 15);
    if (component.dc > 3 || component.ac > 3 || !dc_[component.dc].defined() ||
        !ac_[component.ac].defined() || !quantization_[component.quantization]) {
      return false;
    }
    blocks += component.across * component.down;
  }
  constexpr int kMostBlocks = 10;
  const bool all_coefficients = segment.u8() == 0 && segment.u8() == 63 && segment.u8() == 0;
  return all_coefficients && blocks <= kMostBlocks && !segment.failed() && segment.empty();
}

// Copies the coded bytes up to the next marker, a zero byte after each 0xff taken out. Gives the
// marker's position, or null at the end of the file.
const uint8_t* JpegScan::unstuff(const uint8_t* begin, const uint8_t* end) {
  const size_t wanted = static_cast<size_t>(end - begin) + kPadding;
  if (clean_.size() < wanted) clean_.resize(wanted);
  uint8_t* out = clean_.data();
  while (begin < end) {
    const auto* found =
        static_cast<const uint8_t*>(std::memchr(begin, 0xff, static_cast<size_t>(end - begin)));
    if (found == nullptr || found + 1 == end) return nullptr;
    const auto run = static_cast<size_t>(found - begin);
    std::memcpy(out, begin, run);
    out += run;
    if (found[1] != 0) {
      clean_size_ = static_cast<size_t>(out - clean_.data());
      std::memset(out, 0, kPadding);
      return found;
    }
    *out++ = 0xff;
    begin = found + 2;
  }
  return nullptr;
}

bool JpegScan::walk_scan(const uint8_t* data, size_t size) {
  const uint8_t* const end = data + size;
  size_t left = units_;
  for (uint8_t restart = 0; left > 0; restart = (restart + 1) & 7) {
    const size_t units = restart_interval_ == 0 ? left : std::min(left, restart_interval_);
    const uint8_t* marker = unstuff(data, end);
    if (marker == nullptr || !walk_units(units)) return false;
    left -= units;
    if (marker[1] != (left == 0 ? kEndOfImage : kRestart0 + restart)) return false;
    data = marker + 2;
  }
  return true;
}

bool JpegScan::walk_units(size_t units) {
  const uint8_t* const bytes = clean_.data();
  const size_t bits = clean_size_ * 8;
  size_t at = 0;
  // 57 bits or more from bit `at` on. A code with its value takes 27 at most, so two are in it.
  const auto peek = [bytes, &at] { return load_big_endian(bytes + (at >> 3)) << (at & 7); };
  for (; units > 0; --units) {
    for (const Component& component : components_) {
      const JpegCodeTable& dc = dc_[component.dc];
      const JpegCodeTable& ac = ac_[component.ac];
      for (int block = 0; block < component.across * component.down; ++block) {
        const JpegCode first = dc.find(peek());
        if (first.bits == 0) return false;
        at += first.bits;
        unsigned position = 1;
        while (position < kCoefficients) {
          uint64_t window = peek();
          for (int in_window = 0; in_window < 2 && position < kCoefficients; ++in_window) {
            // The first of a pair must not end the block, or the second would be the next block's.
            const bool both_fit = position < kCoefficients - kLongestRun;
            const JpegCode code = both_fit ? ac.find_pair(window) : ac.find(window);
            if (code.bits == 0) return false;
            at += code.bits;
            position += code.steps;
            window <<= code.bits;
          }
        }
        // libjpeg lets a run of zeros pass that goes beyond the block; this proof does not.
        const bool whole = position == kCoefficients || position > JpegCode::kEndOfBlock;
        if (!whole || at > bits) return false;
      }
    }
  }
  return bits - at < 8;
}

}  // namespace caffe_multilabel
