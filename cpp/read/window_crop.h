// How a WindowData layer cuts a window out of an image.
#pragma once

#include <opencv2/core/mat.hpp>
#include <opencv2/core/types.hpp>
#include <string>

#include "list/window_file.h"

namespace caffe_multilabel {

// Caffe's window_data_param, as far as it says how windows are cut.
struct WindowCropOptions {
  int crop_size = 1;    // side of what comes out
  int context_pad = 0;  // of it, so much on each side shows what is around the window
  bool square = false;  // the window is made square first, by what is around it
};

// Which part of an image becomes which part of the output; the rest of that is 0.
struct WindowCrop {
  cv::Rect part;  // of the image
  cv::Size size;  // that it is scaled to
  int row = 0;    // in the output, where it begins
  int column = 0;
};

// False with `*problem` where Caffe's process ends: nothing of the window, or with neither padding
// nor `square` not all of it, is in the image.
bool crop_window(const Window& window, const cv::Size& image, const WindowCropOptions& options,
                 bool mirrored, WindowCrop* crop, std::string* problem);

}  // namespace caffe_multilabel
