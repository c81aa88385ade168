// The parts of the Python module `_core`, one function a file.
#pragma once

#include <pybind11/pybind11.h>

#include <string>

#include "image/decode.h"

namespace caffe_multilabel {

// Runs the handlers of signals that came in, which only Python can, and throws what they raise.
// Takes the GIL itself.
void throw_if_interrupted();

// A DB that this version does not understand must not be read as if it did, whatever is read of it:
// throws for the manifests that read_manifest() throws for.
void check_manifest(const std::string& directory);

// How to decode images by its name: "color", "gray" or "stored". Throws Error(kOption) for others.
Decoding decoding_of(const std::string& name);

void bind_errors();
void bind_records(pybind11::module_& module);
void bind_tables(pybind11::module_& module);
void bind_images(pybind11::module_& module);
void bind_convert(pybind11::module_& module);
void bind_manifest(pybind11::module_& module);
void bind_store(pybind11::module_& module);
void bind_batches(pybind11::module_& module);
void bind_mean(pybind11::module_& module);
void bind_random(pybind11::module_& module);
void bind_relabel(pybind11::module_& module);
void bind_verify(pybind11::module_& module);

}  // namespace caffe_multilabel
