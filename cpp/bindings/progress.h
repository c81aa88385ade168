// Callbacks of jobs, which run without the GIL.
#pragma once

#include <pybind11/pybind11.h>

#include "bindings/module.h"
#include "jobs/progress.h"

namespace caffe_multilabel {

// Lets Ctrl-C in, then calls a Python function with numbers, or nothing where it is None. Returns
// whether the job should go on: whether the answer is anything but False. Takes the GIL itself;
// throws what the handlers of signals or the function raise.
template <typename... Numbers>
bool call_progress(const pybind11::object& function, Numbers... numbers) {
  throw_if_interrupted();
  if (function.is_none()) return true;
  const pybind11::gil_scoped_acquire acquire;
  return !function(numbers...).is(pybind11::bool_(false));
}

// The callback of a job that only an exception stops. `function` must outlive it.
inline JobProgress job_progress(const pybind11::object& function) {
  return [&function](uint64_t done, uint64_t total) { call_progress(function, done, total); };
}

}  // namespace caffe_multilabel
