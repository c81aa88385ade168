#include "image/match.h"

#include <cstdio>
#include <cstring>
#include <opencv2/core.hpp>

#include "base/text.h"
#include "image/file.h"
#include "image/header.h"
#include "image/ramps.h"

namespace caffe_multilabel {
namespace {

constexpr double kScaledLevels = 1;
constexpr double kJpegMeanLevels = 2;

// The planes of a raw Datum as one tall gray image, without a copy.
cv::Mat planes_of(const DatumView& raw) {
  return {raw.shape.channels * raw.shape.height, raw.shape.width, CV_8UC1,
          const_cast<char*>(raw.data.data())};
}

std::string levels(double mean, double largest) {
  char text[96];
  std::snprintf(text, sizeof text, "%.2f gray levels on average, %.0f at most", mean, largest);
  return text;
}

}  // namespace

std::optional<std::string> ImageMatcher::difference(const std::string& path,
                                                    const DatumView& stored,
                                                    const cv::Mat& pixels) {
  if (has_ramps(stored)) {
    DatumView bare;
    bare.shape = stored.shape;
    bare.shape.channels -= kRampChannels;
    bare.data = stored.data.substr(0, bare.shape.size());
    auto problem = difference_of_image(path, bare, pixels);
    // A file may hold planes that are as ramps are.
    if (!problem || !difference_of_image(path, stored, pixels)) return std::nullopt;
    return problem;
  }
  return difference_of_image(path, stored, pixels);
}

std::optional<std::string> ImageMatcher::difference_of_image(const std::string& path,
                                                             const DatumView& stored,
                                                             const cv::Mat& pixels) {
  size_t size = 0;
  std::string problem;
  const auto room = [this](size_t bytes) {
    file_.resize(bytes);
    return file_.data();
  };
  if (read_image_file(path, room, &size, &problem) != FileRead::kWhole) {
    return path + ": " + problem;
  }
  const auto is_stored = [&] {
    return stored.encoded && stored.data == std::string_view(file_.data(), file_.size());
  };
  if (is_stored()) return std::nullopt;
  const std::string_view end =
      decoder_.missing_end(reinterpret_cast<const uint8_t*>(file_.data()), size);
  file_.insert(file_.end(), end.begin(), end.end());
  if (is_stored()) return std::nullopt;

  if (!stored.encoded && stored.data.empty()) return "holds no pixels to compare";
  const Shape shape = stored.encoded ? shape_of(pixels) : stored.shape;
  const auto* bytes = reinterpret_cast<const uint8_t*>(file_.data());
  if (!decoder_.decode(bytes, file_.size(), shape.channels == 1, &expected_, &problem)) {
    return path + ": " + problem;
  }
  const bool scaled = expected_.rows != shape.height || expected_.cols != shape.width;
  if (scaled) {
    resize(expected_, shape.width, shape.height, &scaled_);
    std::swap(expected_, scaled_);
  }
  if (shape_of(expected_) != shape) {
    return "is " + to_string(shape) + ", " + path + " is " + to_string(shape_of(expected_));
  }

  cv::Mat got = pixels;
  bool jpeg = false;
  if (stored.encoded) {
    const auto* data = reinterpret_cast<const uint8_t*>(stored.data.data());
    jpeg = image_format(data, stored.data.size()) == ImageFormat::kJpeg;
    if (jpeg &&
        (!encode(expected_, "jpg", &reencoded_, &problem) ||
         !decoder_.decode_stored(reencoded_.data(), reencoded_.size(), &expected_, &problem))) {
      return path + ": " + problem;
    }
  } else {
    cv::Mat planes(shape.channels * shape.height, shape.width, CV_8UC1);
    to_planes(expected_, planes.data);
    expected_ = planes;
    got = planes_of(stored);
  }
  const double largest = cv::norm(got, expected_, cv::NORM_INF);
  if (largest <= (scaled && !jpeg ? kScaledLevels : 0)) return std::nullopt;
  const double mean = cv::norm(got, expected_, cv::NORM_L1) / static_cast<double>(shape.size());
  if (jpeg && mean <= kJpegMeanLevels) return std::nullopt;
  return "differs from " + path + " by " + levels(mean, largest);
}

std::optional<std::string> ImageMatcher::difference(const std::vector<std::string>& paths,
                                                    const DatumView& stored,
                                                    const cv::Mat& pixels) {
  if (paths.size() == 1) return difference(paths.front(), stored, pixels);
  const auto images = static_cast<int>(paths.size());
  const std::string wanted = std::to_string(images) + " images";
  if (stored.encoded) return "is encoded, which a record of " + wanted + " cannot be";
  if (stored.data.empty()) return "holds no pixels to compare";
  if (stored.shape.channels % images != 0) {
    return "has " + counted(static_cast<uint64_t>(stored.shape.channels), "channel") +
           ", which are no " + wanted;
  }
  part_.shape = stored.shape;
  part_.shape.channels /= images;
  const size_t size = part_.shape.size();
  for (size_t image = 0; image < paths.size(); ++image) {
    part_.data = stored.data.substr(image * size, size);
    if (auto problem = difference_of_image(paths[image], part_, pixels)) {
      return "image " + std::to_string(image + 1) + ": " + *problem;
    }
  }
  return std::nullopt;
}

}  // namespace caffe_multilabel
