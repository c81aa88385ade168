#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "bindings/module.h"
#include "list/columns.h"
#include "list/rows.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

// Text as Python's `os.fsdecode` makes it: bytes that are no UTF-8 become surrogates.
py::object text_of(std::string_view bytes) {
  PyObject* text =
      PyUnicode_DecodeUTF8(bytes.data(), static_cast<py::ssize_t>(bytes.size()), "surrogateescape");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(text);
}

template <typename Texts>
py::list texts_of(const Texts& texts) {
  py::list made(texts.size());
  for (size_t index = 0; index < texts.size(); ++index) made[index] = text_of(texts[index]);
  return made;
}

template <typename Number>
py::array_t<Number> array_of(const std::vector<Number>& numbers) {
  return py::array_t<Number>(static_cast<py::ssize_t>(numbers.size()), numbers.data());
}

using Endings = std::vector<std::string>;

py::list first_rows(std::string_view text, char separator, const Endings& path_endings,
                    size_t limit) {
  RowCutter cutter(text, {separator, path_endings});
  std::vector<std::string_view> cells;
  py::list rows;
  try {
    while (rows.size() < limit && cutter.next(&cells)) rows.append(texts_of(cells));
  } catch (const Error&) {
    return rows;  // who reads all of the text is told
  }
  return rows;
}

py::tuple columns_of(std::string_view text, char separator, const Endings& path_endings,
                     int64_t first_line, size_t width, bool has_header) {
  RowCutter cutter(text, {separator, path_endings}, first_line);
  TextColumns table;
  {
    const py::gil_scoped_release release;
    std::vector<std::string_view> header;
    if (has_header) cutter.next(&header);
    table = read_columns(&cutter, width);
  }
  py::list columns;
  for (const TextColumn& column : table.columns) {
    columns.append(py::make_tuple(texts_of(column.texts()), array_of(column.codes())));
  }
  py::list misfits;
  for (const MisfitRow& row : table.misfits) {
    misfits.append(py::make_tuple(row.line, texts_of(row.cells)));
  }
  return py::make_tuple(columns, array_of(table.lines), misfits, table.misfit_count);
}

}  // namespace

void bind_tables(py::module_& module) {
  module.def("first_rows", &first_rows, py::kw_only(), py::arg("text"), py::arg("separator"),
             py::arg("path_endings"), py::arg("limit"));
  module.def("read_columns", &columns_of, py::kw_only(), py::arg("text"), py::arg("separator"),
             py::arg("path_endings"), py::arg("first_line"), py::arg("width"),
             py::arg("has_header"));
}

}  // namespace caffe_multilabel
