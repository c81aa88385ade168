#include "tests/images.h"

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <opencv2/core.hpp>
#include <opencv2/imgcodecs.hpp>
#include <random>
#include <vector>

// jpeglib.h wants <cstdio> before it.
#include <jpeglib.h>
#include <png.h>
#include <zlib.h>

namespace caffe_multilabel {
namespace {

std::string big_endian(uint32_t value, int bytes) {
  std::string text;
  for (int i = bytes; i-- > 0;) text += static_cast<char>(value >> (8 * i) & 0xffU);
  return text;
}

uint32_t crc(std::string_view bytes) {
  const auto* data = reinterpret_cast<const uint8_t*>(bytes.data());
  return static_cast<uint32_t>(crc32(0, data, static_cast<uInt>(bytes.size())));
}

void append(png_struct* png, uint8_t* bytes, size_t count) {
  static_cast<std::string*>(png_get_io_ptr(png))
      ->append(reinterpret_cast<const char*>(bytes), count);
}

void flush_nothing(png_struct*) {}

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

cv::Mat opencv_decode(const std::string& bytes, int flags) {
  return cv::imdecode(std::vector<uint8_t>(bytes.begin(), bytes.end()), flags);
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
  return a.size() == b.size() && a.type() == b.type() && cv::norm(a, b, cv::NORM_INF) == 0;
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
  info.arith_code = arithmetic ? TRUE : FALSE;
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

std::string PngMaker::make() const {
  std::mt19937 random(3);
  const auto byte = [&random] { return static_cast<uint8_t>(random() % 256); };
  std::string bytes;
  png_struct* png = png_create_write_struct(PNG_LIBPNG_VER_STRING, nullptr, nullptr, nullptr);
  png_info* info = png_create_info_struct(png);
  png_set_write_fn(png, &bytes, append, flush_nothing);
  png_set_IHDR(png, info, static_cast<png_uint_32>(width), static_cast<png_uint_32>(height),
               bit_depth, color_type, interlaced ? PNG_INTERLACE_ADAM7 : PNG_INTERLACE_NONE,
               PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
  const int colors = color_type == PNG_COLOR_TYPE_PALETTE ? 1 << bit_depth : 0;
  std::vector<png_color> palette(static_cast<size_t>(colors));
  for (png_color& color : palette) color = {byte(), byte(), byte()};
  if (colors > 0) png_set_PLTE(png, info, palette.data(), colors);
  if (transparent) {
    const uint8_t alphas[] = {0, 100};
    const png_color_16 color{0, 1, 1, 1, 1};
    png_set_tRNS(png, info, alphas, colors > 0 ? 2 : 0, &color);
  }
  png_write_info(png, info);
  std::vector<uint8_t> pixels(static_cast<size_t>(height) * png_get_rowbytes(png, info));
  for (uint8_t& value : pixels) value = byte();
  std::vector<uint8_t*> rows;
  for (int y = 0; y < height; ++y) {
    rows.push_back(&pixels[static_cast<size_t>(y) * png_get_rowbytes(png, info)]);
  }
  png_write_image(png, rows.data());
  png_write_end(png, info);
  png_destroy_write_struct(&png, &info);
  return bytes;
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

std::string TiffMaker::make() const {
  constexpr size_t kEntrySize = 12;
  constexpr uint32_t kShort = 3;
  constexpr uint32_t kLong = 4;
  const auto number = [this](size_t value, int bytes) {
    std::string text = big_endian(static_cast<uint32_t>(value), bytes);
    return little_endian ? std::string(text.rbegin(), text.rend()) : text;
  };
  // Header, directory, offsets, sizes, parts.
  const size_t arrays = 14 + (entries.size() + 2) * kEntrySize;
  std::string directory;
  for (const auto& [tag, value] : entries) {
    const bool is_short = value <= UINT16_MAX;
    directory += number(tag, 2) + number(is_short ? kShort : kLong, 2) + number(1, 4) +
                 (is_short ? number(value, 2) + number(0, 2) : number(value, 4));
  }
  std::string offsets;
  std::string sizes;
  std::string content;
  for (const std::string& part : parts) {
    offsets += number(arrays + 8 * parts.size() + content.size(), 4);
    sizes += number(part.size(), 4);
    content += part;
  }
  const auto array = [&](uint32_t tag, size_t at, const std::string& values) {
    const std::string place = parts.size() == 1 ? values : number(at, 4);
    return number(tag, 2) + number(kLong, 2) + number(parts.size(), 4) + place;
  };
  directory += array(tiled ? 324 : 273, arrays, offsets) +
               array(tiled ? 325 : 279, arrays + offsets.size(), sizes);
  return (little_endian ? "II" : "MM") + number(42, 2) + number(8, 4) +
         number(entries.size() + 2, 2) + directory + number(0, 4) + offsets + sizes + content;
}

std::string with_segment(std::string_view jpeg, std::string_view segment) {
  return std::string(jpeg.substr(0, 2)) + std::string(segment) + std::string(jpeg.substr(2));
}

std::string deflated(std::string_view bytes) {
  uLongf size = compressBound(static_cast<uLong>(bytes.size()));
  std::string done(size, '\0');
  compress(reinterpret_cast<uint8_t*>(done.data()), &size,
           reinterpret_cast<const uint8_t*>(bytes.data()), static_cast<uLong>(bytes.size()));
  done.resize(size);
  return done;
}

std::string png_head(uint32_t width, uint32_t height) {
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", big_endian(width, 4) + big_endian(height, 4) +
                                                     std::string("\x08\x02\x00\x00\x00", 5));
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
