// Lines of a text file or pipe, one buffer at a time.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/file.h"

namespace caffe_multilabel {

// Reads `path`, or standard input for "-". A UTF-8 byte order mark at the start and "\r\n" endings
// are taken off. Memory: two buffers, whatever the file's size.
class LineReader {
 public:
  // Longer lines are no list of images; they end in an error instead of filling the memory.
  static constexpr size_t kMaxLine = 1 << 20;

  // Throws Error(kList) when the file cannot be opened. `on_signal` is called when a signal breaks
  // a wait for input; what it throws comes out of next().
  explicit LineReader(const std::string& path, std::function<void()> on_signal = nullptr);

  // Gives the next line without its end; it is valid until the next call. False at the end of the
  // file. Throws Error(kList) on a read error or an over-long line.
  bool next(std::string_view* line);

  // 1-based number of the line `next` gave last.
  uint32_t number() const { return number_; }

 private:
  bool refill();

  std::string path_;
  std::function<void()> on_signal_;
  FileDescriptor owned_;
  int fd_ = 0;
  std::vector<char> buffer_;
  size_t begin_ = 0;  // of what is not given out yet
  size_t end_ = 0;    // of what was read
  bool at_end_ = false;
  uint32_t number_ = 0;
};

}  // namespace caffe_multilabel
