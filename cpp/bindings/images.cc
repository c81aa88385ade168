#include <pybind11/numpy.h>

#include <string>
#include <vector>

#include "base/error.h"
#include "bindings/module.h"
#include "image/decode.h"

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

}  // namespace

Decoding decoding_of(const std::string& name) {
  if (name == "color") return Decoding::kColor;
  if (name == "gray") return Decoding::kGray;
  if (name == "stored") return Decoding::kStored;
  throw Error(ErrorKind::kOption, "there is no decoding '" + name + "'");
}

void bind_images(py::module_& module) {
  module.def("encode_image", &encode_image, py::arg("image"), py::arg("ending"));
  module.def("decode_image", &decode_image, py::arg("data"), py::arg("mode"));
}

}  // namespace caffe_multilabel
