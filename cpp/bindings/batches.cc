#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/module.h"
#include "list/labelled_files.h"
#include "list/record_list.h"
#include "list/window_file.h"
#include "read/batch_stream.h"
#include "read/file_rows.h"
#include "read/image_cache.h"
#include "read/pair_stream.h"
#include "read/window_rows.h"
#include "record/digest.h"
#include "store/value_source.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;
using SharedStream = std::shared_ptr<BatchStream>;
using SharedFiles = std::shared_ptr<LabelledFiles>;
using SharedWindows = std::shared_ptr<WindowFile>;
using SharedCache = std::shared_ptr<ImageCache>;

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
  options.shared_threads = keywords["shared_threads"].cast<size_t>();
  return options;
}

BatchOptions transformed_options_of(const py::kwargs& keywords) {
  BatchOptions options = batch_options_of(keywords);
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

BatchOptions image_options_of(const py::kwargs& keywords) {
  BatchOptions options = transformed_options_of(keywords);
  if (keywords["as_stored"].cast<bool>()) options.output = BatchOutput::kStored;
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

FileOptions file_options_of(const py::kwargs& keywords) {
  FileOptions options;
  options.root = keywords["root"].cast<std::string>();
  options.height = keywords["height"].cast<int>();
  options.width = keywords["width"].cast<int>();
  options.skip = keywords["skip"].cast<uint64_t>();
  options.shuffle = keywords["shuffle"].cast<std::optional<uint32_t>>();
  return options;
}

SharedStream make_file_stream(const SharedFiles& files, const py::kwargs& keywords) {
  const BatchOptions batches = transformed_options_of(keywords);
  FileOptions options = file_options_of(keywords);
  const py::gil_scoped_release release;
  auto rows = std::make_unique<FileRows>(files, std::move(options), batches);
  return std::make_shared<BatchStream>(std::move(rows), batches);
}

py::tuple first_shape(const SharedFiles& files, const py::kwargs& keywords) {
  BatchOptions batches;
  batches.decoding = decoding_of(keywords["decoding"].cast<std::string>());
  FileOptions options = file_options_of(keywords);
  Shape shape;
  {
    const py::gil_scoped_release release;
    shape = FileRows(files, std::move(options), batches).next_shape();
  }
  return py::make_tuple(shape.channels, shape.height, shape.width);
}

SharedCache make_cache(const SharedWindows& windows, const std::string& root) {
  const py::gil_scoped_release release;
  return std::make_shared<ImageCache>(*windows, root, throw_if_interrupted);
}

SharedStream make_window_stream(const SharedWindows& windows, const SharedCache& cache,
                                const py::kwargs& keywords) {
  const BatchOptions batches = transformed_options_of(keywords);
  WindowOptions options;
  options.root = keywords["root"].cast<std::string>();
  options.foreground_threshold = keywords["fg_threshold"].cast<float>();
  options.background_threshold = keywords["bg_threshold"].cast<float>();
  options.foreground_fraction = keywords["fg_fraction"].cast<float>();
  options.cache = cache;
  options.crop.crop_size = batches.transform.crop_size;
  options.crop.context_pad = keywords["context_pad"].cast<int>();
  options.crop.square = keywords["square"].cast<bool>();
  const py::gil_scoped_release release;
  auto rows = std::make_unique<WindowRows>(windows, std::move(options), batches);
  return std::make_shared<BatchStream>(std::move(rows), batches);
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

py::array positions_of(const Batch& batch) {
  return py::array_t<uint32_t>(static_cast<py::ssize_t>(batch.records), batch.positions.data());
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
                        crops_of(*batch), datum_labels_of(*batch), positions_of(*batch));
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

template <typename List, List (*Read)(const std::string&)>
std::shared_ptr<List> read_source(const std::string& path) {
  const py::gil_scoped_release release;
  return std::make_shared<List>(Read(path));
}

template <typename List>
std::string digest_of(const List& list) {
  return to_hex(list.digest);
}

void define_sources(py::module_* module) {
  py::class_<WindowFile, SharedWindows>(*module, "WindowFile")
      .def(py::init(&read_source<WindowFile, read_window_file>), py::arg("path"))
      .def("__len__", [](const WindowFile& file) { return file.windows.size(); })
      .def_property_readonly("digest", &digest_of<WindowFile>)
      .def("image",
           [](const WindowFile& file, size_t window) {
             return py::bytes(file.images.at(file.windows.at(window).image));
           })
      .def("line",
           [](const WindowFile& file, size_t window) { return file.windows.at(window).line; });
  py::class_<ImageCache, SharedCache>(*module, "ImageCache")
      .def(py::init(&make_cache), py::arg("windows"), py::arg("root"));
  py::class_<LabelledFiles, SharedFiles>(*module, "LabelledFiles")
      .def(py::init(&read_source<LabelledFiles, read_labelled_files>), py::arg("path"))
      .def("__len__", &LabelledFiles::size)
      .def_property_readonly("digest", &digest_of<LabelledFiles>)
      .def("path",
           [](const LabelledFiles& files, size_t line) { return py::bytes(files.paths.at(line)); })
      .def("first_shape", &first_shape);
}

}  // namespace

void bind_batches(py::module_& module) {
  define_sources(&module);
  py::class_<BatchStream, SharedStream>(module, "BatchStream")
      .def_static("of_images", &make_stream<image_options_of>, py::arg("index"), py::arg("order"))
      .def_static("of_labels", &make_stream<label_options_of>, py::arg("index"), py::arg("order"))
      .def_static("of_files", &make_file_stream, py::arg("files"))
      .def_static("of_windows", &make_window_stream, py::arg("windows"), py::arg("cache"))
      .def("next", &next_batch)
      .def("close", &BatchStream::close, py::call_guard<py::gil_scoped_release>());

  py::class_<PairStream>(module, "PairStream")
      .def(py::init<SharedStream, SharedStream>(), py::arg("images"), py::arg("labels"))
      .def("next", &next_pair)
      .def("close", &PairStream::close, py::call_guard<py::gil_scoped_release>());

  module.def("shuffled", &shuffled, py::arg("count"), py::arg("seed"));
}

}  // namespace caffe_multilabel
