#include "tests/pictures.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <opencv2/imgcodecs.hpp>
#include <random>
#include <vector>

// jpeglib.h wants <cstdio> before it.
#include <jpeglib.h>

namespace caffe_multilabel {
namespace {

std::string big_endian(uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i) & 0xffU);
  return text;
}

uint32_t crc(std::string_view bytes) {
  uint32_t value = 0xffffffffU;
  for (const char c : bytes) {
    value ^= static_cast<uint8_t>(c);
    for (int bit = 0; bit < 8; ++bit) value = value >> 1U ^ (value & 1U ? 0xedb88320U : 0U);
  }
  return ~value;
}

}  // namespace

cv::Mat noise(int width, int height, int channels) {
  cv::Mat pixels(height, width, CV_8UC(channels));
  std::mt19937 random(7);
  for (int y = 0; y < height; ++y) {
    for (int i = 0; i < width * channels; ++i) {
      // A slope with some noise on it, so that JPEG keeps most of it.
      pixels.ptr(y)[i] = static_cast<uint8_t>(8 * (i + y) + static_cast<int>(random() % 32));
    }
  }
  return pixels;
}

std::string encoded_as(const std::string& ending, const cv::Mat& pixels) {
  std::vector<uint8_t> bytes;
  cv::imencode(ending, pixels, bytes);
  return {bytes.begin(), bytes.end()};
}

std::string JpegMaker::make() const {
  jpeg_compress_struct info{};
  jpeg_error_mgr errors{};
  info.err = jpeg_std_error(&errors);
  jpeg_create_compress(&info);
  uint8_t* bytes = nullptr;
  unsigned long size = 0;  // NOLINT(google-runtime-int): libjpeg's type
  jpeg_mem_dest(&info, &bytes, &size);
  info.image_width = static_cast<JDIMENSION>(width);
  info.image_height = static_cast<JDIMENSION>(height);
  info.input_components = components;
  info.in_color_space = components == 1   ? JCS_GRAYSCALE
                        : components == 3 ? JCS_RGB
                        : components == 4 ? JCS_CMYK
                                          : JCS_UNKNOWN;
  jpeg_set_defaults(&info);
  if (rgb) jpeg_set_colorspace(&info, JCS_RGB);
  if (restarts) info.restart_in_rows = 1;
  std::vector<jpeg_scan_info> scans(static_cast<size_t>(components));
  if (separate_scans || components > MAX_COMPS_IN_SCAN) {
    for (int i = 0; i < components; ++i) {
      scans[static_cast<size_t>(i)] = {1, {i, 0, 0, 0}, 0, DCTSIZE2 - 1, 0, 0};
    }
    info.scan_info = scans.data();
    info.num_scans = components;
  }
  if (progressive) jpeg_simple_progression(&info);
  jpeg_start_compress(&info, TRUE);
  cv::Mat pixels = noise(width, height, components);
  while (info.next_scanline < info.image_height) {
    JSAMPROW row = pixels.ptr(static_cast<int>(info.next_scanline));
    jpeg_write_scanlines(&info, &row, 1);
  }
  jpeg_finish_compress(&info);
  jpeg_destroy_compress(&info);
  std::string jpeg(reinterpret_cast<const char*>(bytes), size);
  std::free(bytes);
  return jpeg;
}

std::string ExifMaker::tiff() const {
  const auto number = [this](int value, int bytes) {
    std::string text = big_endian(static_cast<uint32_t>(value), bytes);
    return little_endian ? std::string(text.rbegin(), text.rend()) : text;
  };
  return (little_endian ? "II" : "MM") + number(42, 2) + number(8, 4) + number(entries, 2) +
         number(tag, 2) + number(type, 2) + number(1, 4) + number(orientation, 2) + number(0, 2) +
         number(0, 4);
}

std::string ExifMaker::segment() const {
  const std::string body = mark + tiff();
  return "\xff\xe1" + big_endian(static_cast<uint32_t>(body.size() + 2), 2) + body;
}

std::string with_segment(std::string_view jpeg, std::string_view segment) {
  return std::string(jpeg.substr(0, 2)) + std::string(segment) + std::string(jpeg.substr(2));
}

std::string png_chunk(std::string_view type, std::string_view content) {
  const std::string body = std::string(type) + std::string(content);
  return big_endian(static_cast<uint32_t>(content.size()), 4) + body + big_endian(crc(body), 4);
}

std::string with_chunk(std::string_view png, std::string_view before, std::string_view chunk) {
  const size_t at = png.find(before) - 4;
  return std::string(png.substr(0, at)) + std::string(chunk) + std::string(png.substr(at));
}

}  // namespace caffe_multilabel
