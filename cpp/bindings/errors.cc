#include <filesystem>
#include <new>
#include <opencv2/core.hpp>
#include <string>

#include "base/error.h"
#include "bindings/module.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

const char* class_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::kOption:
      return "OptionError";
    case ErrorKind::kList:
      return "ListError";
    case ErrorKind::kImage:
      return "ImageError";
    case ErrorKind::kDatabase:
      return "DatabaseError";
    case ErrorKind::kOutput:
      return "OutputError";
    case ErrorKind::kCancelled:
      return "Cancelled";
  }
  return "Error";
}

// Messages quote paths and keys, which may be any bytes.
py::object text(const std::string& bytes) {
  return py::reinterpret_steal<py::object>(PyUnicode_DecodeUTF8(
      bytes.data(), static_cast<py::ssize_t>(bytes.size()), "backslashreplace"));
}

py::object text_or_none(const std::string& bytes) {
  return bytes.empty() ? py::object(py::none()) : text(bytes);
}

void raise(const Error& error) {
  const py::object type =
      py::module_::import("caffe_multilabel.errors").attr(class_name(error.kind()));
  const py::object line =
      error.line() == 0 ? py::object(py::none()) : py::object(py::int_(error.line()));
  const py::object exception =
      type(text(error.what()), py::arg("path") = text_or_none(error.path()), py::arg("line") = line,
           py::arg("key") = text_or_none(error.key()));
  PyErr_SetObject(type.ptr(), exception.ptr());
}

}  // namespace

void throw_if_interrupted() {
  const py::gil_scoped_acquire acquire;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
}

void bind_errors() {
  py::register_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const Error& error) {
      raise(error);
    } catch (const std::bad_alloc&) {
      raise(Error(ErrorKind::kOutput, "there is not enough memory"));
    } catch (const cv::Exception& error) {
      raise(Error(ErrorKind::kImage, "OpenCV: " + error.err));
    } catch (const std::filesystem::filesystem_error& error) {
      raise(Error(ErrorKind::kOutput, error.path1().string() + ": " + error.code().message(),
                  error.path1().string()));
    }
  });
}

}  // namespace caffe_multilabel
