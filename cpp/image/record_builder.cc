#include "image/record_builder.h"

#include <climits>
#include <cstring>

#include "base/error.h"
#include "image/file.h"
#include "image/header.h"
#include "image/lossy.h"
#include "image/ramps.h"

namespace caffe_multilabel {
namespace {

// A buffer that grew for one huge image is not kept for the rest of the run.
constexpr size_t kKeptBuffer = 16U << 20U;

// In small letters, as Caffe compares it.
std::string small(std::string text) {
  for (char& c : text) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return text;
}

bool is_jpeg_type(const std::string& type) { return small(type) == "jpg" || small(type) == "jpeg"; }
bool is_png_type(const std::string& type) { return small(type) == "png"; }

}  // namespace

void ImageOptions::validate(size_t images_per_record) const {
  if (resize_width < 0 || resize_height < 0) {
    throw Error(ErrorKind::kOption, "resize_width and resize_height must not be negative");
  }
  if ((resize_width > 0) != (resize_height > 0)) {
    throw Error(ErrorKind::kOption,
                "give both resize_width and resize_height or neither; one alone changes nothing "
                "in Caffe");
  }
  constexpr int kMaxSide = 32768;
  if (resize_width > kMaxSide || resize_height > kMaxSide ||
      static_cast<int64_t>(resize_width) * resize_height * 3 > INT_MAX) {
    throw Error(ErrorKind::kOption, "resize_width x resize_height is too large for a Datum");
  }
  const int64_t planes = static_cast<int64_t>(images_per_record) * (gray ? 1 : 3);
  if (static_cast<int64_t>(resize_width) * resize_height * planes > INT_MAX) {
    throw Error(ErrorKind::kOption,
                "images_per_record is " + std::to_string(images_per_record) +
                    ", too many for a Datum at this resize_width x resize_height");
  }
  if (images_per_record > 1 && stores_encoded()) {
    throw Error(ErrorKind::kOption,
                "images_per_record is " + std::to_string(images_per_record) +
                    ", and encoded (encode_type too) stores one compressed image a record; records "
                    "of several images are raw");
  }
  if (ramps && (images_per_record > 1 || stores_encoded())) {
    throw Error(
        ErrorKind::kOption,
        std::string("ramps are channels of raw records of one image; they do not go with ") +
            (stores_encoded() ? "encoded" : "images_per_record"));
  }
  if (ramps && (resize_width > kMostPlaces || resize_height > kMostPlaces)) {
    throw Error(ErrorKind::kOption, "ramps tell " + std::to_string(kMostPlaces) +
                                        " columns and rows apart; resize_width and resize_height "
                                        "are larger");
  }
  if (trust && !stores_encoded()) {
    throw Error(ErrorKind::kOption, "trust goes with encoded only: raw records are always decoded");
  }
  if (!encode_type.empty() && !is_jpeg_type(encode_type) && !is_png_type(encode_type)) {
    throw Error(ErrorKind::kOption,
                "encode_type is '" + encode_type + "', must be jpg, jpeg or png");
  }
}

bool ImageRecordBuilder::build(const std::vector<std::string>& paths, ImageDatum* datum,
                               Result* result, std::string* problem) {
  *result = {};
  image_ = 0;
  if (options_.stores_encoded()) return build_encoded(paths.front(), datum, result, problem);
  for (; image_ < paths.size(); ++image_) {
    if (!build_raw(paths[image_], paths.size(), datum, result, problem)) return false;
  }
  return true;
}

const cv::Mat& ImageRecordBuilder::resized(const cv::Mat& pixels) {
  const int width = options_.resize_width;
  const int height = options_.resize_height;
  if (width == 0 || (pixels.cols == width && pixels.rows == height)) {
    return pixels;  // NOLINT(bugprone-return-const-ref-from-parameter): no caller has a temporary
  }
  resize(pixels, width, height, &resized_);
  return resized_;
}

bool ImageRecordBuilder::read(const std::string& path, const Room& room, Result* result,
                              size_t* size, std::string* problem) {
  uint8_t* bytes = nullptr;
  const auto known_room = [&](size_t count) { return bytes = room(count); };
  bool lacked_end = false;
  const FileRead outcome = decoder_.read_file(path, known_room, size, &lacked_end, problem);
  was_opened_ = outcome != FileRead::kNotOpened;
  if (outcome != FileRead::kWhole) return false;
  result->lacked_end += lacked_end;
  result->from_floats += holds_floats(bytes, *size);
  return true;
}

bool ImageRecordBuilder::build_raw(const std::string& path, size_t images, ImageDatum* datum,
                                   Result* result, std::string* problem) {
  if (file_.size() > kKeptBuffer) file_ = {};
  const auto room = [this](size_t bytes) {
    if (file_.size() < bytes) file_.resize(bytes);
    return file_.data();
  };
  size_t size = 0;
  if (!read(path, room, result, &size, problem)) return false;
  if (!decoder_.decode(file_.data(), size, options_.gray, &pixels_, problem)) return false;
  const cv::Mat& pixels = resized(pixels_);
  const Shape shape = shape_of(pixels);
  const int ramps = options_.ramps ? kRampChannels : 0;
  if (ramps > 0 && (shape.height > kMostPlaces || shape.width > kMostPlaces)) {
    *problem = "is " + to_string(shape) + " (channels x height x width), and ramps tell " +
               std::to_string(kMostPlaces) + " columns and rows apart";
    return false;
  }
  if (image_ == 0) {
    const Shape whole{shape.channels * static_cast<int>(images) + ramps, shape.height, shape.width};
    if (!whole.is_usable()) {
      *problem = "has " + to_string(shape) + " values, too many for a Datum" +
                 (images == 1 ? "" : " of " + std::to_string(images) + " images");
      return false;
    }
    planes_ = datum->begin_raw(whole);
    result->shape = whole;
  }
  Shape first = result->shape;
  first.channels = (first.channels - ramps) / static_cast<int>(images);
  if (shape != first) {
    *problem = "is " + to_string(shape) + ", but the record's first image is " + to_string(first) +
               " (channels x height x width); resize_width and resize_height give them one size";
    return false;
  }
  to_planes(pixels, planes_);
  planes_ += shape.size();
  if (ramps > 0) write_ramps(shape.height, shape.width, planes_);
  result->stored = Stored::kRaw;
  return true;
}

bool ImageRecordBuilder::may_pass_through(const uint8_t* data, size_t size) const {
  if (options_.resize_width != 0) return false;
  if (options_.encode_type.empty()) return true;
  switch (image_format(data, size)) {
    case ImageFormat::kJpeg:
      return is_jpeg_type(options_.encode_type);
    case ImageFormat::kPng:
      return is_png_type(options_.encode_type);
    default:
      return false;
  }
}

bool ImageRecordBuilder::build_encoded(const std::string& path, ImageDatum* datum, Result* result,
                                       std::string* problem) {
  uint8_t* bytes = nullptr;
  const auto room = [&bytes, datum](size_t count) { return bytes = datum->begin_encoded(count); };
  size_t size = 0;
  if (!read(path, room, result, &size, problem)) return false;
  if (may_pass_through(bytes, size)) {
    const auto [agreement, shape] =
        decoder_.compare(bytes, size, options_.gray, options_.trust, &pixels_, problem);
    result->shape = shape;
    result->stored = Stored::kPassedThrough;
    if (agreement == ImageDecoder::Agreement::kYes) return true;
    if (agreement == ImageDecoder::Agreement::kBroken) return false;
  } else if (!decoder_.decode(bytes, size, options_.gray, &pixels_, problem)) {
    return false;
  }
  const cv::Mat& pixels = resized(pixels_);
  const std::string type = !options_.encode_type.empty() ? options_.encode_type
                           : is_lossy(bytes, size)       ? "jpg"
                                                         : "png";
  if (!encode(pixels, type, &encoded_, problem)) return false;
  std::memcpy(datum->begin_encoded(encoded_.size()), encoded_.data(), encoded_.size());
  result->shape = shape_of(pixels);
  result->stored = Stored::kReencoded;
  return true;
}

}  // namespace caffe_multilabel
