#include "bindings/module.h"

PYBIND11_MODULE(_core, module) {
  module.doc() = "The compiled core. Private: use the functions of caffe_multilabel.";
  caffe_multilabel::bind_errors();
  caffe_multilabel::bind_records(module);
  caffe_multilabel::bind_tables(module);
  caffe_multilabel::bind_images(module);
  caffe_multilabel::bind_convert(module);
  caffe_multilabel::bind_manifest(module);
  caffe_multilabel::bind_store(module);
  caffe_multilabel::bind_batches(module);
  caffe_multilabel::bind_mean(module);
  caffe_multilabel::bind_random(module);
  caffe_multilabel::bind_relabel(module);
  caffe_multilabel::bind_verify(module);
}
