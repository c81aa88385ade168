#include "jobs/relabel.h"

#include <pybind11/stl.h>

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "bindings/module.h"
#include "bindings/progress.h"
#include "jobs/lines_by_number.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

const char* name_of(PlacedBy by) {
  switch (by) {
    case PlacedBy::kPath:
      return "path";
    case PlacedBy::kNumber:
      return "number";
    case PlacedBy::kOrder:
      break;
  }
  return "order";
}

py::dict to_dict(const RelabelReport& report) {
  const Shape& shape = report.label_shape;
  py::dict dict;
  dict["records"] = report.records;
  dict["changed_records"] = report.changed_records;
  dict["old_label_count"] = report.old_label_count;
  dict["label_shape"] = py::make_tuple(shape.channels, shape.height, shape.width);
  dict["changed_columns"] = report.changed_columns;
  dict["changed_groups"] = report.changed_groups;
  dict["extra_lines"] = report.extra_lines;
  dict["lines_by"] = name_of(report.lines_by);
  dict["counts_from_one"] = report.counts_from_one;
  dict["image_manifest_written"] = report.image_manifest_written;
  return dict;
}

py::dict run_relabel(const RecordList& list, const std::string& label_db, LabelTarget* target,
                     const std::string& image_db, bool allow_extra,
                     const std::array<int, 3>& label_shape, const std::string& label_schema,
                     const std::vector<std::string>& label_names,
                     const std::vector<size_t>& old_columns,
                     const std::vector<std::vector<size_t>>& groups, const py::object& progress) {
  const RelabelOptions options{
      image_db,     allow_extra, {label_shape[0], label_shape[1], label_shape[2]},
      label_schema, label_names, old_columns,
      groups};
  const JobProgress callback = job_progress(progress);
  const py::gil_scoped_release release;
  const RelabelReport report = relabel(list, label_db, target, options, callback);
  const py::gil_scoped_acquire acquire;
  return to_dict(report);
}

// Of all images of a record of several.
std::vector<py::bytes> bytes_of_paths(const RecordList& records, const std::string& label_db,
                                      const std::string& key) {
  std::vector<py::bytes> paths;
  for (const std::string& path : paths_of_record(records, label_db, key)) paths.emplace_back(path);
  return paths;
}

}  // namespace

void bind_relabel(py::module_& module) {
  py::class_<LabelTarget>(module, "LabelTarget")
      .def(py::init<const std::string&>(), py::arg("label_db"),
           py::call_guard<py::gil_scoped_release>())
      .def("close", &LabelTarget::close, py::call_guard<py::gil_scoped_release>());

  module.def("relabel", &run_relabel, py::kw_only(), py::arg("records"), py::arg("label_db"),
             py::arg("target"), py::arg("image_db"), py::arg("allow_extra"), py::arg("label_shape"),
             py::arg("label_schema"), py::arg("label_names"), py::arg("old_columns"),
             py::arg("groups"), py::arg("progress"));
  module.def("paths_of_record", &bytes_of_paths, py::kw_only(), py::arg("records"),
             py::arg("label_db"), py::arg("key"));
}

}  // namespace caffe_multilabel
