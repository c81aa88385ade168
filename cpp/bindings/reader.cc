#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/module.h"
#include "bindings/progress.h"
#include "jobs/mean.h"
#include "list/record_list.h"
#include "pair/manifest.h"
#include "read/batch_stream.h"
#include "read/label_array.h"
#include "read/pair_stream.h"
#include "record/key.h"
#include "store/record_index.h"
#include "store/store.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;
using FloatArray = py::array_t<float, py::array::c_style | py::array::forcecast>;
using OrderArray = py::array_t<uint32_t, py::array::c_style>;
using SharedIndex = std::shared_ptr<RecordIndex>;
using SharedStream = std::shared_ptr<BatchStream>;

std::vector<py::ssize_t> sides(const Shape& shape) {
  return {shape.channels, shape.height, shape.width};
}

template <typename Number>
py::array planes_of(const StoredValues& values) {
  py::array_t<Number> planes(sides(values.shape));
  Number* numbers = planes.mutable_data();
  const py::gil_scoped_release release;
  values.copy_to(numbers);
  return planes;
}

py::array read_record(RecordIndex& index, size_t position) {
  ValueParser parser;
  StoredValues values;
  {
    const py::gil_scoped_release release;
    configure_opencv();
    std::string problem;
    if (!parser.parse(index.value(position), &values, &problem)) {
      throw_record_error(index.directory(), position, problem);
    }
  }
  return values.are_floats() ? planes_of<float>(values) : planes_of<uint8_t>(values);
}

FloatArray read_label(RecordIndex& index, size_t position, size_t label_count) {
  FloatArray labels(static_cast<py::ssize_t>(label_count));
  float* numbers = labels.mutable_data();
  const py::gil_scoped_release release;
  ValueParser parser;
  std::string problem;
  if (!read_label_record(index.value(position), label_count, &parser, numbers, &problem)) {
    throw_record_error(index.directory(), position, problem);
  }
  return labels;
}

// A DB that this version does not understand must not be read as if it did, whatever is read of it:
// throws for the manifests that read_manifest() throws for.
void check_manifest(const std::string& directory) { read_manifest(directory); }

SharedIndex open_index(const std::string& directory) {
  check_manifest(directory);
  return std::make_shared<RecordIndex>(directory);
}

std::unique_ptr<RecordReader> open_records(const std::string& directory) {
  check_manifest(directory);
  return open_reader(directory);
}

// Both at once: opening looks at every page of a store that it goes by.
py::tuple open_pair(const std::string& images, const std::string& labels) {
  SharedIndex image_index;
  SharedIndex label_index;
  {
    const py::gil_scoped_release release;
    auto opening = std::async([&images] { return open_index(images); });
    label_index = open_index(labels);
    image_index = opening.get();
  }
  return py::make_tuple(image_index, label_index);
}

RecordOrder order_of(const std::optional<OrderArray>& order) {
  if (!order) return nullptr;
  return std::make_shared<std::vector<uint32_t>>(order->data(), order->data() + order->size());
}

OrderArray shuffled(size_t count, uint64_t seed) {
  const std::vector<uint32_t> order = record_order(count, true, seed);
  return OrderArray(static_cast<py::ssize_t>(order.size()), order.data());
}

FloatArray labels_of(const SharedIndex& index, const std::optional<OrderArray>& order,
                     size_t label_count, size_t threads) {
  ValueSource source(index, order_of(order));
  FloatArray labels({source.size(), label_count});
  float* numbers = labels.mutable_data();
  const py::gil_scoped_release release;
  read_labels(std::move(source), label_count, threads, numbers, throw_if_interrupted);
  return labels;
}

// Rows as far as the records are of one length, and position and length of the one that is not.
py::tuple stored_values_of(const SharedIndex& index, size_t value_count, size_t threads) {
  FloatArray rows({index->size(), value_count});
  float* numbers = rows.mutable_data();
  std::optional<OddRecord> odd;
  {
    const py::gil_scoped_release release;
    odd =
        read_stored_values(ValueSource(index), value_count, threads, numbers, throw_if_interrupted);
  }
  if (!odd) return py::make_tuple(rows, py::none());
  return py::make_tuple(rows[py::slice(0, static_cast<py::ssize_t>(odd->position), 1)],
                        py::make_tuple(odd->position, odd->values));
}

py::object odd_record_of(const SharedIndex& index, size_t value_count, size_t threads) {
  std::optional<OddRecord> odd;
  {
    const py::gil_scoped_release release;
    odd =
        read_stored_values(ValueSource(index), value_count, threads, nullptr, throw_if_interrupted);
  }
  if (!odd) return py::none();
  return py::make_tuple(odd->position, odd->values);
}

py::bytes to_bytes(std::string_view view) { return {view.data(), view.size()}; }

py::list keys_of(const std::string& directory) {
  check_manifest(directory);
  const auto reader = open_reader(directory, Access::kKeys);
  py::list keys;
  while (const auto record = reader->next()) keys.append(to_bytes(record->key));
  return keys;
}

py::bytes key_at(const std::string& directory, uint64_t position) {
  check_manifest(directory);
  const auto reader = open_reader(directory, Access::kKeys);
  std::optional<StoredRecord> record = reader->next();
  for (uint64_t at = 0; record && at < position; ++at) record = reader->next();
  if (!record) throw py::index_error("there is no such record");
  return to_bytes(record->key);
}

py::object parsed_key(const py::bytes& key) {
  const auto parsed = parse_key(std::string_view(key));
  if (!parsed) return py::none();
  return py::make_tuple(parsed->index, parsed->kind == KeyKind::kImage ? "image" : "label",
                        to_bytes(parsed->path));
}

py::tuple next_record(RecordReader& reader) {
  const std::optional<StoredRecord> record = reader.next();
  if (!record) throw py::stop_iteration();
  return py::make_tuple(to_bytes(record->key), to_bytes(record->value));
}

Decoding decoding_of(const std::string& name) {
  if (name == "color") return Decoding::kColor;
  if (name == "gray") return Decoding::kGray;
  return Decoding::kStored;
}

// Options are keyword arguments with exact types; the façade gives all of them.
BatchOptions batch_options_of(const py::kwargs& given) {
  BatchOptions options;
  options.batch_size = given["batch_size"].cast<size_t>();
  options.drop_last = given["drop_last"].cast<bool>();
  options.endless = given["endless"].cast<bool>();
  options.threads = given["threads"].cast<size_t>();
  return options;
}

BatchOptions image_options_of(const py::kwargs& given) {
  BatchOptions options = batch_options_of(given);
  options.output =
      given["as_stored"].cast<bool>() ? BatchOutput::kStored : BatchOutput::kTransformed;
  options.decoding = decoding_of(given["decoding"].cast<std::string>());
  options.seed = given["seed"].cast<uint32_t>();
  TransformOptions& transform = options.transform;
  transform.crop_size = given["crop_size"].cast<int>();
  transform.mirror = given["mirror"].cast<bool>();
  transform.train = given["train"].cast<bool>();
  transform.mean_values = given["mean_values"].cast<std::vector<float>>();
  transform.scale = given["scale"].cast<float>();
  if (const auto mean = given["mean"].cast<std::optional<FloatArray>>()) {
    transform.mean_shape = {static_cast<int>(mean->shape(0)), static_cast<int>(mean->shape(1)),
                            static_cast<int>(mean->shape(2))};
    transform.mean.assign(mean->data(), mean->data() + mean->size());
  }
  return options;
}

BatchOptions label_options_of(const py::kwargs& given) {
  BatchOptions options = batch_options_of(given);
  options.output = BatchOutput::kLabels;
  options.label_count = given["label_count"].cast<size_t>();
  return options;
}

template <BatchOptions (*OptionsOf)(const py::kwargs&)>
SharedStream make_stream(const SharedIndex& index, const std::optional<OrderArray>& order,
                         const py::kwargs& given) {
  const BatchOptions options = OptionsOf(given);
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
                        crops_of(*batch));
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

py::tuple sums_of(const std::string& directory, size_t threads, const py::object& progress) {
  PictureSums sums;
  {
    const py::gil_scoped_release release;
    check_manifest(directory);
    sums = sum_pictures(directory, threads, job_progress(progress));
  }
  return py::make_tuple(
      sums.count, py::array_t<double>(sides(sums.shape), sums.values.data()),
      py::array_t<double>(static_cast<py::ssize_t>(sums.squares.size()), sums.squares.data()));
}

}  // namespace

void bind_reader(py::module_& module) {
  py::class_<RecordIndex, SharedIndex>(module, "RecordIndex")
      .def(py::init(&open_index), py::arg("directory"), py::call_guard<py::gil_scoped_release>())
      .def("__len__", &RecordIndex::size)
      .def_property_readonly("usable", &RecordIndex::usable)
      .def("read", &read_record, py::arg("position"))
      .def("read_labels", &read_label, py::arg("position"), py::arg("label_count"));

  py::class_<RecordReader>(module, "RecordReader")
      .def(py::init(&open_records), py::arg("directory"), py::call_guard<py::gil_scoped_release>())
      .def("__len__", &RecordReader::entries)
      .def("__iter__", [](const py::object& reader) { return reader; })
      .def("__next__", &next_record);

  py::class_<BatchStream, SharedStream>(module, "BatchStream")
      .def_static("of_images", &make_stream<image_options_of>, py::arg("index"), py::arg("order"))
      .def_static("of_labels", &make_stream<label_options_of>, py::arg("index"), py::arg("order"))
      .def("next", &next_batch)
      .def("close", &BatchStream::close, py::call_guard<py::gil_scoped_release>());

  py::class_<PairStream>(module, "PairStream")
      .def(py::init<SharedStream, SharedStream>(), py::arg("images"), py::arg("labels"))
      .def("next", &next_pair)
      .def("close", &PairStream::close, py::call_guard<py::gil_scoped_release>());

  module.def("parse_key", &parsed_key, py::arg("key"));
  module.def("open_pair", &open_pair, py::kw_only(), py::arg("images"), py::arg("labels"));
  module.def("shuffled", &shuffled, py::arg("count"), py::arg("seed"));
  module.def("read_keys", &keys_of, py::arg("directory"));
  module.def("key_at", &key_at, py::kw_only(), py::arg("directory"), py::arg("position"));
  module.def("read_stored_values", &stored_values_of, py::kw_only(), py::arg("index"),
             py::arg("value_count"), py::arg("threads"));
  module.def("find_odd_record", &odd_record_of, py::kw_only(), py::arg("index"),
             py::arg("value_count"), py::arg("threads"));
  module.def("read_labels", &labels_of, py::kw_only(), py::arg("index"), py::arg("order"),
             py::arg("label_count"), py::arg("threads"));
  module.def("sum_pictures", &sums_of, py::kw_only(), py::arg("directory"), py::arg("threads"),
             py::arg("progress"));
}

}  // namespace caffe_multilabel
