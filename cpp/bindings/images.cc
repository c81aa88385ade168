#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <array>
#include <string>
#include <utility>
#include <vector>

#include "base/error.h"
#include "bindings/module.h"
#include "image/decode.h"
#include "read/common_channels.h"
#include "read/stored_values.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;
using ByteArray = py::array_t<uint8_t, py::array::c_style>;

[[noreturn]] void throw_image(const std::string& problem) {
  throw Error(ErrorKind::kImage, "the image " + problem);
}

py::bytes encode_image(const ByteArray& image, const std::string& ending) {
  const bool gray = image.ndim() == 2;
  if (!gray && (image.ndim() != 3 || image.shape(2) != 3)) {
    throw Error(ErrorKind::kOption, "image must be (H, W) or (H, W, 3)");
  }
  const cv::Mat pixels(static_cast<int>(image.shape(0)), static_cast<int>(image.shape(1)),
                       gray ? CV_8UC1 : CV_8UC3, const_cast<uint8_t*>(image.data()));
  std::vector<uint8_t> bytes;
  std::string problem;
  {
    const py::gil_scoped_release release;
    if (pixels.empty() || !encode(pixels, ending, &bytes, &problem)) {
      throw_image(problem.empty() ? "has no pixels" : problem);
    }
  }
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

ByteArray decode_image(const py::bytes& bytes, const std::string& mode) {
  const std::string_view view = bytes;
  const auto* data = reinterpret_cast<const uint8_t*>(view.data());
  const Decoding decoding = decoding_of(mode);
  cv::Mat pixels;
  std::string problem;
  {
    const py::gil_scoped_release release;
    ImageDecoder decoder;
    const bool decoded = decoder.decode_as(decoding, data, view.size(), &pixels, &problem);
    if (!decoded) throw_image(problem);
  }
  ByteArray planes({pixels.channels(), pixels.rows, pixels.cols});
  to_planes(pixels, planes.mutable_data());
  return planes;
}

// Channels, height and width of an image record, read as a Data layer does; or None, and why Caffe
// cannot use it. And whether it is encoded.
py::tuple check_image(const py::bytes& value, const std::string& mode) {
  const std::string_view view = value;
  ValueParser parser(decoding_of(mode));
  StoredValues values;
  std::string problem;
  bool usable = false;
  {
    const py::gil_scoped_release release;
    usable = parser.parse(view, &values, &problem);
  }
  const bool encoded = parser.datum().encoded;
  if (!usable) return py::make_tuple(py::none(), problem, encoded);
  const Shape& shape = values.shape;
  return py::make_tuple(py::make_tuple(shape.channels, shape.height, shape.width), "", encoded);
}

constexpr std::array<std::pair<Decoding, const char*>, 3> kNames = {
    {{Decoding::kStored, "stored"}, {Decoding::kColor, "color"}, {Decoding::kGray, "gray"}}};

// Under which decodings Caffe takes all images of these channels, encoded or not.
std::vector<std::string> common_decodings(const std::vector<std::pair<int, bool>>& images) {
  CommonChannels common;
  for (const auto& [channels, encoded] : images) {
    if (!common.add(channels, encoded)) return {};
  }
  std::vector<std::string> names;
  for (const auto& [decoding, name] : kNames) {
    if (common.suits(decoding)) names.emplace_back(name);
  }
  return names;
}

}  // namespace

Decoding decoding_of(const std::string& name) {
  for (const auto& [decoding, known] : kNames) {
    if (name == known) return decoding;
  }
  throw Error(ErrorKind::kOption, "there is no decoding '" + name + "'");
}

void bind_images(py::module_& module) {
  module.def("encode_image", &encode_image, py::arg("image"), py::arg("ending"));
  module.def("decode_image", &decode_image, py::arg("data"), py::arg("mode"));
  module.def("check_image", &check_image, py::arg("value"), py::arg("mode"));
  module.def("common_decodings", &common_decodings, py::arg("images"));
  module.def(
      "channels_as_read",
      [](int channels, bool encoded, const std::string& mode) {
        return channels_as_read(channels, encoded, decoding_of(mode));
      },
      py::kw_only(), py::arg("channels"), py::arg("encoded"), py::arg("mode"));
}

}  // namespace caffe_multilabel
