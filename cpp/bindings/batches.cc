#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/module.h"
#include "list/record_list.h"
#include "read/batch_stream.h"
#include "read/pair_stream.h"
#include "store/value_source.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;
using SharedStream = std::shared_ptr<BatchStream>;

OrderArray shuffled(size_t count, uint64_t seed) {
  const std::vector<uint32_t> order = record_order(count, true, seed);
  return OrderArray(static_cast<py::ssize_t>(order.size()), order.data());
}

// Options are keyword arguments with exact types; the façade gives all of them.
BatchOptions batch_options_of(const py::kwargs& keywords) {
  BatchOptions options;
  options.batch_size = keywords["batch_size"].cast<size_t>();
  options.drop_last = keywords["drop_last"].cast<bool>();
  options.endless = keywords["endless"].cast<bool>();
  options.threads = keywords["threads"].cast<size_t>();
  return options;
}

BatchOptions image_options_of(const py::kwargs& keywords) {
  BatchOptions options = batch_options_of(keywords);
  options.output =
      keywords["as_stored"].cast<bool>() ? BatchOutput::kStored : BatchOutput::kTransformed;
  options.decoding = decoding_of(keywords["decoding"].cast<std::string>());
  options.seed = keywords["seed"].cast<uint32_t>();
  options.taken = keywords["taken"].cast<uint64_t>();
  TransformOptions& transform = options.transform;
  transform.crop_size = keywords["crop_size"].cast<int>();
  transform.mirror = keywords["mirror"].cast<bool>();
  transform.train = keywords["train"].cast<bool>();
  transform.mean_values = keywords["mean_values"].cast<std::vector<float>>();
  transform.scale = keywords["scale"].cast<float>();
  if (const auto mean = keywords["mean"].cast<std::optional<FloatArray>>()) {
    transform.mean_shape = {static_cast<int>(mean->shape(0)), static_cast<int>(mean->shape(1)),
                            static_cast<int>(mean->shape(2))};
    transform.mean.assign(mean->data(), mean->data() + mean->size());
  }
  return options;
}

BatchOptions label_options_of(const py::kwargs& keywords) {
  BatchOptions options = batch_options_of(keywords);
  options.output = BatchOutput::kLabels;
  options.label_count = keywords["label_count"].cast<size_t>();
  return options;
}

template <BatchOptions (*OptionsOf)(const py::kwargs&)>
SharedStream make_stream(const SharedIndex& index, const std::optional<OrderArray>& order,
                         const py::kwargs& keywords) {
  const BatchOptions options = OptionsOf(keywords);
  RecordOrder positions = order_of(order);
  const py::gil_scoped_release release;
  return std::make_shared<BatchStream>(ValueSource(index, std::move(positions)), options);
}

// The array owns the batch's memory, which goes back to the stream's pool with it.
template <typename Number>
py::array array_of(const Batch& batch, std::vector<py::ssize_t> shape) {
  auto owner = std::make_unique<std::shared_ptr<void>>(batch.numbers);
  const py::capsule capsule(
      owner.get(), [](void* shared) { delete static_cast<std::shared_ptr<void>*>(shared); });
  static_cast<void>(owner.release());
  shape.insert(shape.begin(), static_cast<py::ssize_t>(batch.records));
  return py::array_t<Number>(std::move(shape), static_cast<Number*>(batch.numbers.get()), capsule);
}

py::array crops_of(const Batch& batch) {
  py::array_t<int32_t> crops({batch.records, size_t{3}});
  int32_t* number = crops.mutable_data();
  for (const Crop& crop : batch.crops) {
    *number++ = crop.row;
    *number++ = crop.column;
    *number++ = crop.mirrored ? 1 : 0;
  }
  return crops;
}

py::array datum_labels_of(const Batch& batch) {
  return py::array_t<int32_t>(static_cast<py::ssize_t>(batch.records), batch.datum_labels.data());
}

py::object next_batch(BatchStream& stream) {
  std::optional<Batch> batch;
  {
    const py::gil_scoped_release release;
    batch = stream.next(throw_if_interrupted);
  }
  if (!batch) return py::none();
  const bool are_bytes = stream.output() == BatchOutput::kStored;
  return py::make_tuple(are_bytes ? array_of<uint8_t>(*batch, sides(batch->shape))
                                  : array_of<float>(*batch, sides(batch->shape)),
                        crops_of(*batch), datum_labels_of(*batch));
}

py::object next_pair(PairStream& stream) {
  std::optional<PairBatch> pair;
  {
    const py::gil_scoped_release release;
    pair = stream.next(throw_if_interrupted);
  }
  if (!pair) return py::none();
  return py::make_tuple(array_of<float>(pair->images, sides(pair->images.shape)),
                        array_of<float>(pair->labels, {pair->labels.shape.channels}));
}

}  // namespace

void bind_batches(py::module_& module) {
  py::class_<BatchStream, SharedStream>(module, "BatchStream")
      .def_static("of_images", &make_stream<image_options_of>, py::arg("index"), py::arg("order"))
      .def_static("of_labels", &make_stream<label_options_of>, py::arg("index"), py::arg("order"))
      .def("next", &next_batch)
      .def("close", &BatchStream::close, py::call_guard<py::gil_scoped_release>());

  py::class_<PairStream>(module, "PairStream")
      .def(py::init<SharedStream, SharedStream>(), py::arg("images"), py::arg("labels"))
      .def("next", &next_pair)
      .def("close", &PairStream::close, py::call_guard<py::gil_scoped_release>());

  module.def("shuffled", &shuffled, py::arg("count"), py::arg("seed"));
}

}  // namespace caffe_multilabel
