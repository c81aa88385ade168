#include "jobs/convert.h"

#include <pybind11/stl.h>

#include <array>
#include <string>
#include <vector>

#include "base/error.h"
#include "bindings/module.h"
#include "bindings/progress.h"
#include "pair/rejects.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

// Everything of convert()'s options but the callback, as keyword arguments with exact types; the
// façade gives all of them.
ConvertOptions options_of(const py::kwargs& keywords) {
  const auto text = [&keywords](const char* name) { return keywords[name].cast<std::string>(); };
  const auto flag = [&keywords](const char* name) { return keywords[name].cast<bool>(); };
  const auto number = [&keywords](const char* name) { return keywords[name].cast<int>(); };
  ConvertOptions options;
  options.root = text("root");
  options.target = {text("image_db"), text("label_db"), flag("overwrite"), flag("resume")};
  options.image.gray = flag("gray");
  options.image.resize_width = number("resize_width");
  options.image.resize_height = number("resize_height");
  options.image.encoded = flag("encoded");
  options.image.encode_type = text("encode_type");
  options.image.trust = flag("trust");
  options.image.ramps = flag("ramps");
  options.canary = flag("canary");
  options.shuffle = flag("shuffle");
  options.seed = keywords["seed"].cast<uint64_t>();
  options.check_size = flag("check_size");
  const auto shape = keywords["label_shape"].cast<std::array<int, 3>>();
  options.label_shape = {shape[0], shape[1], shape[2]};
  options.fail_on_bad_image = flag("fail_on_bad_image");
  options.max_bad = keywords["max_bad"].cast<uint64_t>();
  options.threads = keywords["threads"].cast<size_t>();
  options.ignore_free_space = flag("ignore_free_space");
  options.label_schema = text("label_schema");
  options.label_names = keywords["label_names"].cast<std::vector<std::string>>();
  return options;
}

// A function that returns False cancels.
ConvertCallback make_callback(const py::object& progress) {
  return [&progress](const ConvertProgress& state) {
    if (!call_progress(progress, state.done, state.total, state.rejected, state.resumed)) {
      throw Error(ErrorKind::kCancelled, "the progress callback asked to stop");
    }
  };
}

py::dict to_dict(const ConvertReport& report) {
  py::dict dict;
  dict["total"] = report.total;
  dict["converted"] = report.converted;
  dict["rejected"] = report.rejected;
  dict["passed_through"] = report.passed_through;
  dict["reencoded"] = report.reencoded;
  dict["without_end_marker"] = report.without_end_marker;
  dict["from_floats"] = report.from_floats;
  dict["other_sizes"] = report.other_sizes;
  dict["resumed_at"] = report.resumed_at;
  dict["already_complete"] = report.already_complete;
  dict["image_bytes"] = report.image_bytes;
  dict["label_bytes"] = report.label_bytes;
  dict["seconds"] = report.seconds;
  dict["rejects_path"] = py::bytes(report.rejects_path);
  return dict;
}

// (line, path, problem) of each.
py::list rejects_of(const std::string& image_db) {
  py::list rejects;
  for (const RejectedLine& reject : read_rejects(image_db)) {
    rejects.append(py::make_tuple(reject.line, py::bytes(reject.path), py::bytes(reject.problem)));
  }
  return rejects;
}

}  // namespace

void bind_convert(py::module_& module) {
  module.def(
      "convert",
      [](const RecordList& records, const py::object& progress, const py::kwargs& keywords) {
        const ConvertOptions options = options_of(keywords);
        const ConvertCallback callback = make_callback(progress);
        const py::gil_scoped_release release;
        const ConvertReport report = convert(records, options, callback);
        const py::gil_scoped_acquire acquire;
        return to_dict(report);
      },
      py::arg("records"), py::arg("progress"));
  module.def("read_rejects", &rejects_of, py::arg("image_db"));
}

}  // namespace caffe_multilabel
