#include "image/png.h"

#include <png.h>
#include <zlib.h>

#include <csetjmp>
#include <cstring>
#include <opencv2/core.hpp>

#include "image/bytes.h"
#include "image/header.h"

namespace caffe_multilabel {
namespace {

// libpng's state for one image, and the bytes that it still has to read.
class Reader {
 public:
  Reader(const uint8_t* data, size_t size) : next_(data), left_(size) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, on_error, on_warning);
    if (png_ == nullptr) return;
    info_ = png_create_info_struct(png_);
    end_info_ = png_create_info_struct(png_);
    png_set_read_fn(png_, this, on_read);
  }
  ~Reader() { png_destroy_read_struct(&png_, &info_, &end_info_); }
  Reader(const Reader&) = delete;
  Reader& operator=(const Reader&) = delete;

  bool usable() const { return info_ != nullptr && end_info_ != nullptr; }
  png_struct* png() const { return png_; }
  png_info* info() const { return info_; }
  png_info* end_info() const { return end_info_; }

  // Runs `body`; a libpng error in it comes back as false. Nothing but libpng's own frames lies
  // between the setjmp here and the longjmp of on_error(): `body` makes no C++ object.
  template <typename Body>
  bool completes(const Body& body) {
    if (setjmp(escape_) != 0) return false;
    body();
    return true;
  }

 private:
  [[noreturn]] static void on_error(png_struct* png, const char*) {
    std::longjmp(static_cast<Reader*>(png_get_error_ptr(png))->escape_, 1);
  }
  static void on_warning(png_struct*, const char*) {}
  static void on_read(png_struct* png, uint8_t* bytes, size_t count) {
    auto* reader = static_cast<Reader*>(png_get_io_ptr(png));
    if (count > reader->left_) png_error(png, "cut off");
    std::memcpy(bytes, reader->next_, count);
    reader->next_ += count;
    reader->left_ -= count;
  }

  const uint8_t* next_;
  size_t left_;
  std::jmp_buf escape_{};
  png_struct* png_ = nullptr;
  png_info* info_ = nullptr;
  png_info* end_info_ = nullptr;
};

// The type OpenCV gives an image with IMREAD_UNCHANGED: every gray one with alpha has four channels
// too, but gray with one transparent level has one.
int stored_type(png_struct* png, png_info* info) {
  const int depth = png_get_bit_depth(png, info) == 16 ? CV_16U : CV_8U;
  const int color_type = png_get_color_type(png, info);
  if ((color_type & PNG_COLOR_MASK_ALPHA) != 0) return CV_MAKETYPE(depth, 4);
  if ((color_type & PNG_COLOR_MASK_COLOR) == 0) return CV_MAKETYPE(depth, 1);
  return CV_MAKETYPE(depth, png_get_valid(png, info, PNG_INFO_tRNS) != 0 ? 4 : 3);
}

// Has libpng write rows of `type` in OpenCV's order, and with OpenCV's weights of a gray level.
void ask_for(int type, png_struct* png, png_info* info) {
  const int channels = CV_MAT_CN(type);
  const int color_type = png_get_color_type(png, info);
  const bool is_color = (color_type & PNG_COLOR_MASK_COLOR) != 0;
  if (CV_MAT_DEPTH(type) == CV_8U) {
    png_set_strip_16(png);
  } else {
    png_set_swap(png);
  }
  if (channels == 4) {
    png_set_tRNS_to_alpha(png);
  } else {
    png_set_strip_alpha(png);
  }
  if (color_type == PNG_COLOR_TYPE_PALETTE) png_set_palette_to_rgb(png);
  if (!is_color && png_get_bit_depth(png, info) < 8) png_set_expand_gray_1_2_4_to_8(png);
  if (channels == 1) {
    png_set_rgb_to_gray(png, PNG_ERROR_ACTION_NONE, 0.299, 0.587);
  } else if (is_color) {
    png_set_bgr(png);
  } else {
    png_set_gray_to_rgb(png);
  }
  png_set_interlace_handling(png);
  png_read_update_info(png, info);
}

// EXIF data may stand before the pixels or behind them.
int orientation_of(png_struct* png, png_info* info, png_info* end_info) {
  png_uint_32 size = 0;
  uint8_t* exif = nullptr;
  if (png_get_eXIf_1(png, info, &size, &exif) == 0 &&
      png_get_eXIf_1(png, end_info, &size, &exif) == 0) {
    return 1;
  }
  return exif_orientation(exif, size);
}

// Whether the checksum of the last chunk is right: since version 1.6.45 libpng only warns of it.
// The chunks are known to lie in the bytes, one behind the other.
bool ends_well(const uint8_t* data, size_t size) {
  constexpr size_t kSignature = 8;
  constexpr size_t kAround = 12;  // length, type and checksum
  const Bytes bytes(data, size);
  for (size_t at = kSignature; bytes.has(at, kAround);) {
    const size_t length = bytes.u32(at);
    const uint8_t* type = data + at + 4;
    if (length > size - at - kAround) return false;
    if (std::memcmp(type, "IEND", 4) == 0) {
      return crc32(0, type, static_cast<uInt>(4 + length)) == bytes.u32(at + 8 + length);
    }
    at += kAround + length;
  }
  return false;
}

// Turns the pixels upright, by EXIF's numbers.
void turn(int orientation, cv::Mat* pixels) {
  constexpr int kUpDown = 0;
  constexpr int kLeftRight = 1;
  constexpr int kBoth = -1;
  if (orientation >= 5 && orientation <= 8) cv::transpose(*pixels, *pixels);
  switch (orientation) {
    case 2:
    case 6:
      cv::flip(*pixels, *pixels, kLeftRight);
      break;
    case 3:
    case 7:
      cv::flip(*pixels, *pixels, kBoth);
      break;
    case 4:
    case 8:
      cv::flip(*pixels, *pixels, kUpDown);
      break;
    default:
      break;
  }
}

}  // namespace

bool PngDecoder::decode(const uint8_t* data, size_t size, Layout layout, cv::Mat* pixels) {
  Reader reader(data, size);
  if (!reader.usable()) return false;
  png_struct* png = reader.png();
  png_info* info = reader.info();
  int type = layout == Layout::kGray ? CV_8UC1 : CV_8UC3;
  const bool has_header = reader.completes([&] {
    png_read_info(png, info);
    if (layout == Layout::kStored) type = stored_type(png, info);
    ask_for(type, png, info);
  });
  if (!has_header) return false;

  pixels->create(static_cast<int>(png_get_image_height(png, info)),
                 static_cast<int>(png_get_image_width(png, info)), type);
  if (png_get_rowbytes(png, info) != static_cast<size_t>(pixels->cols) * pixels->elemSize()) {
    return false;
  }
  rows_.resize(static_cast<size_t>(pixels->rows));
  for (int y = 0; y < pixels->rows; ++y) rows_[static_cast<size_t>(y)] = pixels->ptr(y);
  const bool is_whole = reader.completes([&] {
    png_read_image(png, rows_.data());
    png_read_end(png, reader.end_info());
  });
  if (!is_whole || !ends_well(data, size)) return false;
  if (layout != Layout::kStored) turn(orientation_of(png, info, reader.end_info()), pixels);
  return true;
}

}  // namespace caffe_multilabel
