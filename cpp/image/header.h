// What the first bytes of an image file say, read without decoding it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace caffe_multilabel {

enum class ImageFormat { kJpeg, kPng, kOther };

// By signature, not by file name.
ImageFormat image_format(const uint8_t* data, size_t size);

// Whether the values of a file are floats: PFM, of which OpenCV cuts them to whole numbers from 0
// to 255, and Radiance HDR, whose values it multiplies by 255 first.
bool holds_floats(const uint8_t* data, size_t size);

// Whether a JPEG may carry an EXIF orientation other than 1, which cv::imread follows and
// cv::imdecode(IMREAD_UNCHANGED) does not. EXIF data that cannot be read counts as "may".
bool may_be_rotated(const uint8_t* jpeg, size_t size);

// The orientation, 1 to 8, that EXIF data (a TIFF structure) tells, read as OpenCV reads it: the
// first entry of its kind in directory 0 counts, whatever its type. 1, upright, where none is
// found.
int exif_orientation(const uint8_t* tiff, size_t size);

// What a PNG says of itself in its first chunk.
struct PngHeader {
  uint32_t width = 0;
  uint32_t height = 0;
  uint8_t bit_depth = 0;
  uint8_t color_type = 0;
};

// Nothing when it is cut off.
std::optional<PngHeader> png_header(const uint8_t* png, size_t size);

// Whether a PNG is 8-bit RGB (or 8-bit gray with `gray`) with nothing in its header that makes
// readers differ, no transparency and no orientation, and that is not cut off.
bool is_plain_png(const uint8_t* png, size_t size, bool gray);

// A header that claims far more pixels than the bytes behind it can hold would only fill the
// memory before it fails. Says so in `*problem` and returns false; true for unknown formats.
// The bounds: JPEG needs at least one bit for each 8x8 block; deflate (PNG) makes at most 1032
// bytes of one. Neither takes more than 2^30 pixels, as OpenCV.
bool is_plausible(ImageFormat format, const uint8_t* data, size_t size, int jpeg_width,
                  int jpeg_height, std::string* problem);

}  // namespace caffe_multilabel
