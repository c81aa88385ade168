#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <algorithm>
#include <string>
#include <tuple>
#include <vector>

#include "base/error.h"
#include "bindings/arrays.h"
#include "bindings/module.h"
#include "list/cells.h"
#include "list/diagnosis.h"
#include "list/file.h"
#include "list/record_list.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

LabelRule::Kind kind_of(const std::string& name) {
  if (name == "class") return LabelRule::Kind::kClass;
  if (name == "binary") return LabelRule::Kind::kBinary;
  if (name == "real") return LabelRule::Kind::kReal;
  if (name == "free") return LabelRule::Kind::kFree;
  throw Error(ErrorKind::kOption, "there is no label kind '" + name + "'");
}

ListFormat format_of(const std::string& name) {
  if (name == "space") return ListFormat::kSpace;
  if (name == "tab") return ListFormat::kTab;
  if (name == "csv") return ListFormat::kCsv;
  if (name == "auto") return ListFormat::kAuto;
  throw Error(ErrorKind::kOption, "there is no list format '" + name + "'");
}

HeaderLine header_of(const std::string& name) {
  if (name == "auto") return HeaderLine::kAuto;
  if (name == "yes") return HeaderLine::kYes;
  if (name == "no") return HeaderLine::kNo;
  throw Error(ErrorKind::kOption, "a header cannot be '" + name + "'");
}

const char* name_of(ListFormat format) {
  switch (format) {
    case ListFormat::kTab:
      return "tab";
    case ListFormat::kCsv:
      return "csv";
    default:
      return "space";
  }
}

LabelRule make_rule(std::string task, std::string part, const std::string& kind, int classes,
                    const std::vector<std::string>& names,
                    std::vector<std::pair<float, float>> mapping, std::optional<float> ignore,
                    bool takes_unknown, bool non_negative, bool by_name_only) {
  LabelRule rule;
  rule.task = std::move(task);
  rule.part = std::move(part);
  rule.by_name_only = by_name_only;
  rule.takes_unknown = takes_unknown;
  rule.non_negative = non_negative;
  rule.kind = kind_of(kind);
  rule.classes = classes;
  for (size_t index = 0; index < names.size(); ++index) {
    rule.names.emplace(names[index], static_cast<float>(index));
  }
  rule.mapping = std::move(mapping);
  rule.ignore = ignore;
  return rule;
}

// Of all records' images, one record after another.
std::vector<py::bytes> paths_of(const RecordList& records) {
  std::vector<py::bytes> paths;
  paths.reserve(records.size() * records.images_per_record());
  for (size_t record = 0; record < records.size(); ++record) {
    for (size_t image = 0; image < records.images_per_record(); ++image) {
      const std::string_view path = records.path(record, image);
      paths.emplace_back(path.data(), path.size());
    }
  }
  return paths;
}

FloatArray labels_of(const RecordList& records) {
  FloatArray labels({records.size(), records.label_count()});
  const float* begin = records.labels(0);
  std::copy(begin, begin + labels.size(), labels.mutable_data());
  return labels;
}

// What a pickle keeps: the label count, the paths, the labels (N, L), the lines of the list and how
// many images a record has.
py::tuple state_of(const RecordList& records) {
  py::array_t<uint32_t> lines(static_cast<py::ssize_t>(records.size()));
  auto out = lines.mutable_unchecked<1>();
  for (size_t index = 0; index < records.size(); ++index) {
    out(static_cast<py::ssize_t>(index)) = records.line(index);
  }
  return py::make_tuple(records.label_count(), paths_of(records), labels_of(records), lines,
                        records.images_per_record());
}

RecordList list_of_state(const py::tuple& state) {
  if (state.size() != 5) throw Error(ErrorKind::kOption, "a pickled list has 5 parts");
  const auto label_count = state[0].cast<size_t>();
  const auto paths = state[1].cast<std::vector<std::string>>();
  const auto labels = state[2].cast<FloatArray>();
  const auto lines = state[3].cast<py::array_t<uint32_t, py::array::c_style>>();
  const auto images = state[4].cast<size_t>();
  RecordList records(label_count, images);
  const auto count = static_cast<size_t>(lines.size());
  if (static_cast<size_t>(labels.size()) != count * label_count || paths.size() != count * images) {
    throw Error(ErrorKind::kOption, "the parts of a pickled list do not fit together");
  }
  const std::vector<std::string_view> views(paths.begin(), paths.end());
  for (size_t index = 0; index < count; ++index) {
    records.add(views.data() + index * images, labels.data() + index * label_count,
                lines.data()[index]);
  }
  return records;
}

using CodeArray = py::array_t<int32_t, py::array::c_style>;
using LineArray = py::array_t<uint32_t, py::array::c_style>;

// A column of a table as Python has it: its name, rule, texts and codes.
using PyCells = std::tuple<std::string, LabelRule, std::vector<std::string>, CodeArray>;

RecordList list_of_cells(const std::string& source, const std::string& unit,
                         const std::vector<std::string>& paths, const LineArray& lines,
                         const std::vector<PyCells>& cells, size_t images_per_record) {
  std::vector<CellColumn> columns;
  columns.reserve(cells.size());
  const auto fits = [&](const auto& array) {
    return array.ndim() == 1 &&
           static_cast<size_t>(array.size()) * images_per_record == paths.size();
  };
  if (!fits(lines)) throw Error(ErrorKind::kOption, "a record has one line");
  for (const auto& [name, rule, texts, codes] : cells) {
    const int32_t* begin = codes.data();
    const auto is_text = [&count = texts](int32_t code) {
      return code >= 0 && static_cast<size_t>(code) < count.size();
    };
    if (!fits(codes) || !std::all_of(begin, begin + codes.size(), is_text)) {
      throw Error(ErrorKind::kOption, "a record has one text in each column");
    }
    columns.push_back({name, rule, texts, begin});
  }
  const py::gil_scoped_release release;
  return make_list({source, unit, lines.data()}, paths, columns, images_per_record);
}

}  // namespace

void bind_records(py::module_& module) {
  module.def("read_truth", &read_truth, py::arg("field"));
  module.def("is_unknown", &is_unknown, py::arg("field"));
  module.def("is_numeric", &is_numeric, py::arg("field"));
  module.def("read_number", &parse_number, py::arg("field"));
  module.attr("LONGEST_UNKNOWN") = kLongestUnknown;

  py::class_<LabelRule>(module, "LabelRule")
      .def(py::init(&make_rule), py::kw_only(), py::arg("task"), py::arg("part"), py::arg("kind"),
           py::arg("classes"), py::arg("names"), py::arg("mapping"), py::arg("ignore"),
           py::arg("takes_unknown"), py::arg("non_negative"), py::arg("by_name_only"));

  py::class_<RecordList>(module, "RecordList")
      .def("__len__", &RecordList::size)
      .def_property_readonly("label_count", &RecordList::label_count)
      .def_property_readonly("images_per_record", &RecordList::images_per_record)
      .def_property_readonly("digest",
                             [](const RecordList& records) {
                               const py::gil_scoped_release release;
                               return to_hex(records.digest());
                             })
      .def_property_readonly("repeated_paths",
                             [](const RecordList& records) {
                               const py::gil_scoped_release release;
                               return records.repeated_paths();
                             })
      .def_property_readonly("rows_of_bits",
                             [](const RecordList& records) {
                               const py::gil_scoped_release release;
                               return records.rows_of_bits();
                             })
      .def("paths", &paths_of)
      .def("labels", &labels_of)
      .def(py::pickle(&state_of, &list_of_state));

  module.def(
      "read_list",
      [](const std::string& path, size_t label_count, const std::vector<LabelRule>& rules,
         const std::string& format, const std::string& header, size_t images_per_record) {
        const ListOptions options{format_of(format), header_of(header),   label_count, rules,
                                  images_per_record, throw_if_interrupted};
        const py::gil_scoped_release release;
        ParsedList list = read_list(path, options);
        const py::gil_scoped_acquire acquire;
        py::list names;
        for (const std::string& name : list.header) names.append(py::bytes(name));
        return py::make_tuple(std::move(list.records), names, name_of(list.format));
      },
      py::kw_only(), py::arg("path"), py::arg("label_count"), py::arg("rules"),
      py::arg("list_format"), py::arg("header"), py::arg("images_per_record"));

  module.def(
      "make_list",
      [](const std::vector<std::string>& paths, const FloatArray& labels,
         const std::vector<LabelRule>& rules, size_t images_per_record) {
        const auto columns = static_cast<size_t>(labels.shape(1));
        const float* values = labels.data();
        const py::gil_scoped_release release;
        return make_list(paths, values, columns, rules, images_per_record);
      },
      py::kw_only(), py::arg("paths"), py::arg("labels"), py::arg("rules"),
      py::arg("images_per_record"));

  module.def("make_list_of_cells", &list_of_cells, py::kw_only(), py::arg("source"),
             py::arg("unit"), py::arg("paths"), py::arg("lines"), py::arg("columns"),
             py::arg("images_per_record"));
}

}  // namespace caffe_multilabel
