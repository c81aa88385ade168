#include "jobs/verify.h"

#include <pybind11/stl.h>

#include <string>
#include <vector>

#include "bindings/module.h"
#include "bindings/progress.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

py::list to_list(const std::vector<VerifyProblem>& problems) {
  py::list list;
  for (const VerifyProblem& problem : problems) {
    list.append(py::make_tuple(problem.kind, py::bytes(problem.key), py::bytes(problem.message)));
  }
  return list;
}

const char* name_of(PairedBy by) {
  switch (by) {
    case PairedBy::kPath:
      return "path";
    case PairedBy::kNumber:
      return "number";
    case PairedBy::kName:
      return "name";
    case PairedBy::kOrder:
      break;
  }
  return "order";
}

py::dict to_dict(const VerifyReport& report) {
  const Shape& shape = report.label_shape;
  py::dict dict;
  dict["images"] = report.images;
  dict["labels"] = report.labels;
  dict["encoded"] = report.encoded;
  dict["compared"] = report.compared;
  dict["label_shape"] = py::make_tuple(shape.channels, shape.height, shape.width);
  dict["paths_in_keys"] = report.paths_in_keys;
  dict["paired_by"] = name_of(report.paired_by);
  dict["unproven"] = report.by_order;
  dict["digests_checked"] = report.digests_checked;
  dict["problem_count"] = report.problem_count;
  dict["problems"] = to_list(report.problems);
  dict["warnings"] = to_list(report.warnings);
  dict["seconds"] = report.seconds;
  return dict;
}

py::dict run_verify(const std::string& image_db, const std::string& label_db,
                    const RecordList* records, const std::optional<std::string>& root,
                    uint64_t sample, uint64_t seed, const std::vector<LabelRule>& rules,
                    size_t threads, const py::object& progress) {
  const VerifyOptions options{image_db, label_db, records, root, sample, seed, rules, threads};
  const JobProgress callback = job_progress(progress);
  const py::gil_scoped_release release;
  const VerifyReport report = verify(options, callback);
  const py::gil_scoped_acquire acquire;
  return to_dict(report);
}

}  // namespace

void bind_verify(py::module_& module) {
  module.def("verify", &run_verify, py::kw_only(), py::arg("image_db"), py::arg("label_db"),
             py::arg("records"), py::arg("root"), py::arg("sample"), py::arg("seed"),
             py::arg("rules"), py::arg("threads"), py::arg("progress"));
}

}  // namespace caffe_multilabel
