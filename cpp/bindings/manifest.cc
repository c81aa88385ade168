#include "pair/manifest.h"

#include <pybind11/stl.h>

#include <string>

#include "bindings/module.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

// What Python needs of a manifest, or None.
py::object manifest_dict(const std::string& directory) {
  const auto manifest = read_manifest(directory);
  if (!manifest) return py::none();
  py::dict dict;
  dict["format"] = manifest->format;
  dict["role"] = manifest->role;
  dict["records"] = manifest->records;
  dict["rejected"] = manifest->rejected;
  dict["images_per_record"] = manifest->job.images_per_record;
  dict["ramps"] = manifest->job.ramps;
  dict["canary"] = manifest->job.canary;
  dict["label_count"] = manifest->job.label_count;
  dict["label_names"] = py::tuple(py::cast(manifest->job.label_names));
  dict["label_schema"] = manifest->job.label_schema;  // JSON text
  dict["image_digest"] = to_hex(manifest->image_digest);
  dict["label_digest"] = to_hex(manifest->label_digest);
  dict["relabelled"] = manifest->converted.has_value();
  return dict;
}

}  // namespace

void check_manifest(const std::string& directory) { read_manifest(directory); }

void bind_manifest(py::module_& module) {
  module.def("read_manifest", &manifest_dict, py::arg("directory"));
  module.def("build_info", &build_info);
}

}  // namespace caffe_multilabel
