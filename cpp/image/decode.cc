#include "image/decode.h"

#include <algorithm>
#include <cstring>
#include <mutex>
#include <opencv2/core.hpp>
#include <opencv2/core/utils/logger.hpp>
#include <opencv2/imgcodecs.hpp>
#include <opencv2/imgproc.hpp>

#include "base/text.h"
#include "image/header.h"
#include "image/tiff.h"

namespace caffe_multilabel {
namespace {

constexpr const char* kUndecodable = "is no image that OpenCV can decode, or a broken one";

constexpr std::string_view kJpegEnd = "\xff\xd9";

// As nearly all JPEGs do.
bool ends_in_marker(const uint8_t* jpeg, size_t size) {
  return size >= 2 && jpeg[size - 2] == 0xff && jpeg[size - 1] == 0xd9;
}

int ignore_error(int, const char*, const char*, const char*, int, void*) { return 0; }

bool opencv_decode(const uint8_t* data, size_t size, int flags, cv::Mat* pixels,
                   std::string* problem) {
  if (!is_image_size(size, problem) || !is_whole_tiff(data, size, problem)) return false;
  const cv::Mat bytes(1, static_cast<int>(size), CV_8UC1, const_cast<uint8_t*>(data));
  try {
    // Only what it returns tells: handed a Mat to fill, newer versions leave there what a decoder
    // wrote before it failed, or the image before.
    *pixels = cv::imdecode(bytes, flags);
  } catch (const cv::Exception& error) {
    *problem = "cannot be decoded: " + error.err;
    return false;
  }
  if (pixels->empty()) *problem = kUndecodable;
  return !pixels->empty();
}

// Some decoders (PFM) give the channels of the file whatever the flags say.
bool make_channels(bool gray, cv::Mat* pixels, std::string* problem) {
  if (pixels->depth() == CV_8U && pixels->channels() == (gray ? 1 : 3)) return true;
  if (pixels->depth() == CV_8U && pixels->channels() == (gray ? 3 : 1)) {
    cv::Mat converted;
    cv::cvtColor(*pixels, converted, gray ? cv::COLOR_BGR2GRAY : cv::COLOR_GRAY2BGR);
    *pixels = converted;
    return true;
  }
  *problem = "is decoded by OpenCV to " +
             counted(static_cast<uint64_t>(pixels->channels()), "channel") + " of " +
             std::to_string(8 * pixels->elemSize1()) + " bits, not to " + (gray ? "1" : "3") +
             " of 8";
  return false;
}

bool equal(const cv::Mat& a, const cv::Mat& b) {
  if (a.size() != b.size() || a.type() != b.type()) return false;
  const size_t row = static_cast<size_t>(a.cols) * a.elemSize();
  for (int y = 0; y < a.rows; ++y) {
    if (std::memcmp(a.ptr(y), b.ptr(y), row) != 0) return false;
  }
  return true;
}

// Once, since these are globals of OpenCV that other threads may be using.
void configure_opencv() {
  static std::once_flag once;
  std::call_once(once, [] {
    cv::setNumThreads(1);
    cv::utils::logging::setLogLevel(cv::utils::logging::LOG_LEVEL_SILENT);
    cv::redirectError(ignore_error);
  });
}

}  // namespace

ImageDecoder::ImageDecoder() { configure_opencv(); }

bool ImageDecoder::read_jpeg_header(const uint8_t* data, size_t size, JpegDecoder::Header* header,
                                    std::string* problem) {
  return jpeg_.read_header(data, size, header, problem) &&
         is_plausible(ImageFormat::kJpeg, data, size, header->width, header->height, problem);
}

bool ImageDecoder::is_straight(const JpegDecoder::Header& header, const uint8_t* data,
                               size_t size) const {
  return (header.components == 1 || header.components == 3) && !may_be_rotated(data, size);
}

std::string_view ImageDecoder::missing_end(const uint8_t* data, size_t size) {
  if (image_format(data, size) != ImageFormat::kJpeg || ends_in_marker(data, size)) return {};
  JpegDecoder::Header header;
  std::string ignored;
  if (!read_jpeg_header(data, size, &header, &ignored)) return {};
  if (!jpeg_.lacks_end(data, size, header)) return {};
  return kJpegEnd.substr(data[size - 1] == 0xff ? 1 : 0);
}

FileRead ImageDecoder::read_file(const std::string& path,
                                 const std::function<uint8_t*(size_t)>& room, size_t* size,
                                 bool* lacked_end, std::string* problem) {
  uint8_t* bytes = nullptr;
  const auto chars = [&](size_t count) {
    bytes = room(count);
    return reinterpret_cast<char*>(bytes);
  };
  const FileRead outcome = read_image_file(path, chars, size, problem);
  if (outcome != FileRead::kWhole) return outcome;
  const std::string_view end = missing_end(bytes, *size);
  *lacked_end = !end.empty();
  if (*lacked_end) {
    std::copy(end.begin(), end.end(), room(*size + end.size()) + *size);
    *size += end.size();
  }
  return outcome;
}

bool ImageDecoder::decode_png(const uint8_t* data, size_t size, PngDecoder::Layout layout,
                              cv::Mat* pixels, std::string* problem) {
  try {
    if (png_.decode(data, size, layout, pixels)) return true;
    *problem = kUndecodable;
  } catch (const cv::Exception& error) {  // no memory for the pixels
    *problem = "cannot be decoded: " + error.err;
  }
  return false;
}

bool ImageDecoder::decode(const uint8_t* data, size_t size, bool gray, cv::Mat* pixels,
                          std::string* problem) {
  const ImageFormat format = image_format(data, size);
  if (format == ImageFormat::kJpeg) {
    JpegDecoder::Header header;
    if (!read_jpeg_header(data, size, &header, problem)) return false;
    if (is_straight(header, data, size)) return jpeg_.decode(data, size, gray, pixels, problem);
    if (!jpeg_.check(data, size, problem)) return false;
  } else if (!is_plausible(format, data, size, 0, 0, problem)) {
    return false;
  }
  if (format == ImageFormat::kPng) {
    const auto layout = gray ? PngDecoder::Layout::kGray : PngDecoder::Layout::kBgr;
    return decode_png(data, size, layout, pixels, problem);
  }
  const int flags = gray ? cv::IMREAD_GRAYSCALE : cv::IMREAD_COLOR;
  return opencv_decode(data, size, flags, pixels, problem) && make_channels(gray, pixels, problem);
}

bool ImageDecoder::decode_stored(const uint8_t* data, size_t size, cv::Mat* pixels,
                                 std::string* problem) {
  const ImageFormat format = image_format(data, size);
  if (format == ImageFormat::kJpeg) {
    JpegDecoder::Header header;
    if (!read_jpeg_header(data, size, &header, problem)) return false;
    // IMREAD_UNCHANGED does not follow the orientation, so every usual JPEG goes straight.
    if (header.components == 1 || header.components == 3) {
      return jpeg_.decode(data, size, header.components == 1, pixels, problem);
    }
    if (!jpeg_.check(data, size, problem)) return false;
  } else if (!is_plausible(format, data, size, 0, 0, problem)) {
    return false;
  }
  const bool decodes = format == ImageFormat::kPng
                           ? decode_png(data, size, PngDecoder::Layout::kStored, pixels, problem)
                           : opencv_decode(data, size, cv::IMREAD_UNCHANGED, pixels, problem);
  if (!decodes) return false;
  if (pixels->depth() == CV_8U) return true;
  *problem = "has more than 8 bits a channel, which Caffe refuses";
  return false;
}

bool ImageDecoder::decode_as(Decoding decoding, const uint8_t* data, size_t size, cv::Mat* pixels,
                             std::string* problem) {
  if (decoding == Decoding::kStored) return decode_stored(data, size, pixels, problem);
  return decode(data, size, decoding == Decoding::kGray, pixels, problem);
}

ImageDecoder::Comparison ImageDecoder::compare(const uint8_t* data, size_t size, bool gray,
                                               bool trust, cv::Mat* pixels, std::string* problem) {
  const Comparison broken{Agreement::kBroken, {}};
  const ImageFormat format = image_format(data, size);
  const int wanted_channels = gray ? 1 : 3;
  if (format == ImageFormat::kJpeg) {
    JpegDecoder::Header header;
    if (!read_jpeg_header(data, size, &header, problem)) return broken;
    if (header.components == wanted_channels && is_straight(header, data, size)) {
      const bool decodes = (trust && ends_in_marker(data, size)) || scan_.proves(data, size) ||
                           jpeg_.check(data, size, problem);
      if (!decodes) return broken;
      return {Agreement::kYes, {wanted_channels, header.height, header.width}};
    }
  }
  const bool plain_png = format == ImageFormat::kPng && is_plain_png(data, size, gray);
  if (plain_png && trust && is_plausible(format, data, size, 0, 0, problem)) {
    const PngHeader header = *png_header(data, size);
    return {Agreement::kYes,
            {wanted_channels, static_cast<int>(header.height), static_cast<int>(header.width)}};
  }
  if (!decode(data, size, gray, pixels, problem)) return broken;
  std::string ignored;
  const bool same =
      plain_png || (decode_stored(data, size, &stored_, &ignored) && equal(*pixels, stored_));
  return {same ? Agreement::kYes : Agreement::kNo, shape_of(*pixels)};
}

void resize(const cv::Mat& pixels, int width, int height, cv::Mat* resized) {
  cv::resize(pixels, *resized, cv::Size(width, height));
}

void to_planes(const cv::Mat& pixels, uint8_t* planes) {
  if (pixels.channels() == 1) {
    const auto row = static_cast<size_t>(pixels.cols);
    for (int y = 0; y < pixels.rows; ++y) {
      std::memcpy(planes + static_cast<size_t>(y) * row, pixels.ptr(y), row);
    }
    return;
  }
  std::vector<cv::Mat> headers;
  headers.reserve(static_cast<size_t>(pixels.channels()));
  const size_t plane = pixels.total();
  for (int channel = 0; channel < pixels.channels(); ++channel) {
    headers.emplace_back(pixels.rows, pixels.cols, CV_8UC1,
                         planes + static_cast<size_t>(channel) * plane);
  }
  cv::split(pixels, headers);
}

Shape shape_of(const cv::Mat& pixels) { return {pixels.channels(), pixels.rows, pixels.cols}; }

bool encode(const cv::Mat& pixels, const std::string& type, std::vector<uint8_t>* bytes,
            std::string* problem) {
  configure_opencv();
  try {
    if (cv::imencode("." + type, pixels, *bytes)) return true;
    *problem = "cannot be encoded as " + type;
  } catch (const cv::Exception& error) {
    *problem = "cannot be encoded as " + type + ": " + error.err;
  }
  return false;
}

}  // namespace caffe_multilabel
