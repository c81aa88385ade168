// The files of a window file's images in memory.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "list/window_file.h"

namespace caffe_multilabel {

// Files that are read once, for any number of streams; decoding is theirs.
class ImageCache {
 public:
  using Tick = std::function<void()>;

  // Reads the files, with `root` before each path and nothing between. Calls `tick` at once and
  // about ten times a second; what it throws ends the reading. Throws Error(kImage) for a file that
  // cannot be read.
  ImageCache(const WindowFile& file, const std::string& root, const Tick& tick);

  // The bytes of an image's file, by its number in WindowFile::images.
  const std::vector<uint8_t>& bytes(size_t image) const { return files_[image]; }

 private:
  std::vector<std::vector<uint8_t>> files_;
};

}  // namespace caffe_multilabel
