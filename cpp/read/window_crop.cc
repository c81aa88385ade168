#include "read/window_crop.h"

#include <algorithm>
#include <cmath>

namespace caffe_multilabel {
namespace {

// One axis of a window, in float where Caffe computes in its Dtype.
struct Span {
  int first;
  int last;  // included

  float half() const { return static_cast<float>(last - first + 1) / 2; }
  int length() const { return last - first + 1; }
};

// The window seen from its middle, `half` to each side, enlarged. False for what no image can hold.
bool widen(float half, float scale, Span* span) {
  constexpr float kMost = 1 << 30;
  const float centre = static_cast<float>(span->first) + span->half();
  const float first = std::round(centre - half * scale);
  const float last = std::round(centre + half * scale);
  if (!(std::abs(first) < kMost && std::abs(last) < kMost)) return false;
  *span = {static_cast<int>(first), static_cast<int>(last)};
  return true;
}

// Of one axis of the output: where the part of the image begins, and how long it is.
struct Placed {
  int before;
  int after;
  int length;
};

int scaled(int length, float scale) {
  return static_cast<int>(std::round(static_cast<float>(length) * scale));
}

// Cuts a span down to the image, and says where the rest lies in the output.
Placed clip(int size, int crop_size, Span* span) {
  const float scale = static_cast<float>(crop_size) / static_cast<float>(span->length());
  const int before = std::max(0, -span->first);
  const int after = std::max(0, span->last - size + 1);
  *span = {span->first + before, span->last - after};
  return {scaled(before, scale), scaled(after, scale), scaled(span->length(), scale)};
}

bool is_inside(const Span& span, int size) {
  return span.first >= 0 && span.last < size && span.first <= span.last;
}

// Why a window cannot be cut out of an image.
std::string problem_of(const Window& window, const cv::Size& image) {
  if (window.x2 < window.x1 || window.y2 < window.y1) return "its x2 or y2 is before x1 or y1";
  return "it is not inside the image, which is " + std::to_string(image.width) + " wide and " +
         std::to_string(image.height) + " high";
}

}  // namespace

bool crop_window(const Window& window, const cv::Size& image, const WindowCropOptions& options,
                 bool mirrored, WindowCrop* crop, std::string* problem) {
  const int side = options.crop_size;
  Span x{window.x1, window.x2};
  Span y{window.y1, window.y2};
  *crop = {};
  crop->size = {side, side};
  if (options.context_pad > 0 || options.square) {
    const float scale =
        static_cast<float>(side) / static_cast<float>(side - 2 * options.context_pad);
    float half_width = x.half();
    float half_height = y.half();
    if (options.square) half_width = half_height = std::max(half_width, half_height);
    if (!widen(half_width, scale, &x) || !widen(half_height, scale, &y) || x.length() < 1 ||
        y.length() < 1) {
      *problem = problem_of(window, image);
      return false;
    }
    const Placed columns = clip(image.width, side, &x);
    const Placed rows = clip(image.height, side, &y);
    crop->row = rows.before;
    crop->column = mirrored ? columns.after : columns.before;
    // Rounding may have made it too long by one.
    crop->size.width = std::min(columns.length, side - crop->column);
    crop->size.height = std::min(rows.length, side - crop->row);
  }
  if (!is_inside(x, image.width) || !is_inside(y, image.height) || crop->size.width < 1 ||
      crop->size.height < 1) {
    *problem = problem_of(window, image);
    return false;
  }
  crop->part = {x.first, y.first, x.length(), y.length()};
  return true;
}

}  // namespace caffe_multilabel
