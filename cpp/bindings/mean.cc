#include "jobs/mean.h"

#include <pybind11/numpy.h>

#include <string>

#include "bindings/arrays.h"
#include "bindings/module.h"
#include "bindings/progress.h"
#include "pair/manifest.h"
#include "pair/roles.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

py::tuple sums_of(const std::string& directory, size_t threads, const py::object& progress) {
  ImageSums sums;
  {
    const py::gil_scoped_release release;
    require_role(directory, kImageRole);
    sums = sum_images(directory, threads, job_progress(progress));
  }
  return py::make_tuple(
      sums.count, py::array_t<double>(sides(sums.shape), sums.values.data()),
      py::array_t<double>(static_cast<py::ssize_t>(sums.squares.size()), sums.squares.data()));
}

}  // namespace

void bind_mean(py::module_& module) {
  module.def("sum_images", &sums_of, py::kw_only(), py::arg("directory"), py::arg("threads"),
             py::arg("progress"));
}

}  // namespace caffe_multilabel
