// The window file of a WindowData layer: images, and boxes in them.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "record/digest.h"

namespace caffe_multilabel {

// A box in an image, its last column and row included.
struct Window {
  uint32_t image = 0;  // in WindowFile::images
  int32_t label = 0;
  float overlap = 0;  // with an object
  int x1 = 0;
  int y1 = 0;
  int x2 = 0;
  int y2 = 0;
  uint32_t line = 0;  // 1-based
};

struct WindowFile {
  std::string source;               // the path of the file
  std::vector<std::string> images;  // their paths
  std::vector<Window> windows;
  Digest digest{};  // of the lines, in their order
};

// Reads a window file: for each image `# index`, path, channels, height, width, the number of its
// windows, and for each of these class, overlap, x1 y1 x2 y2, all with blanks or line ends between.
// Throws Error(kList) with the line for what is something else, and for what Caffe takes and reads
// beyond its memory with: images that are not counted from 0 on, and channels other than 3.
WindowFile read_window_file(const std::string& path);

}  // namespace caffe_multilabel
