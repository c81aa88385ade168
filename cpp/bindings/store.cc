#include "store/store.h"

#include <pybind11/numpy.h>
#include <pybind11/stl.h>

#include <array>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "bindings/arrays.h"
#include "bindings/module.h"
#include "image/decode.h"
#include "pair/key_pairing.h"
#include "pair/roles.h"
#include "read/label_array.h"
#include "read/stored_values.h"
#include "record/key.h"
#include "store/record_index.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

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

SharedIndex open_index(const std::string& directory) {
  check_manifest(directory);
  return std::make_shared<RecordIndex>(directory);
}

std::unique_ptr<RecordReader> open_records(const std::string& directory) {
  check_manifest(directory);
  return open_reader(directory);
}

// Both at once: opening looks at every page of a store that it goes by. Who reads a pair by
// position, as Caffe does, must know when its keys tell of another order. DBs of unlike sizes are
// no pair in the first place, which the caller says.
py::tuple open_pair(const std::string& images, const std::string& labels) {
  SharedIndex image_index;
  SharedIndex label_index;
  ValuePlaces image_places;
  ValuePlaces label_places;
  const auto note_places = [&](const StoredRecord& image, const StoredRecord& label) {
    image_places.add(image.value);
    label_places.add(label.value);
  };
  {
    const py::gil_scoped_release release;
    auto opening = std::async([&images] { return open_records(images); });
    auto label_reader = open_records(labels);
    auto image_reader = opening.get();
    require_image_and_label_db(image_reader.get(), label_reader.get());
    if (image_reader->entries() == label_reader->entries()) {
      image_places.reserve(image_reader->entries());
      label_places.reserve(label_reader->entries());
      require_paired_keys(image_reader.get(), label_reader.get(), LoneNumbers::kIgnored,
                          note_places);
    }
    image_index = std::make_shared<RecordIndex>(std::move(image_reader), std::move(image_places));
    label_index = std::make_shared<RecordIndex>(std::move(label_reader), std::move(label_places));
  }
  return py::make_tuple(image_index, label_index);
}

FloatArray stored_labels(const SharedIndex& index, const std::optional<OrderArray>& order,
                         size_t label_count, size_t threads) {
  ValueSource source(index, order_of(order));
  FloatArray labels({source.size(), label_count});
  float* numbers = labels.mutable_data();
  const py::gil_scoped_release release;
  read_labels(std::move(source), label_count, threads, numbers, throw_if_interrupted);
  return labels;
}

// Rows as far as the records are of one length, or None where they are not wanted, and position and
// length of the record that is not.
py::tuple stored_values_of(const SharedIndex& index, size_t value_count, size_t threads,
                           bool want_rows) {
  FloatArray rows({want_rows ? index->size() : 0, value_count});
  float* numbers = want_rows ? rows.mutable_data() : nullptr;
  std::optional<OddRecord> odd;
  {
    const py::gil_scoped_release release;
    odd =
        read_stored_values(ValueSource(index), value_count, threads, numbers, throw_if_interrupted);
  }
  py::object given = py::none();
  if (want_rows) {
    const size_t whole = odd ? odd->position : index->size();
    given = rows[py::slice(0, static_cast<py::ssize_t>(whole), 1)];
  }
  if (!odd) return py::make_tuple(given, py::none());
  return py::make_tuple(given, py::make_tuple(odd->position, odd->values));
}

// Position and shape of the first record of another shape than the first one, or None.
py::object odd_shape_of(const SharedIndex& index, const std::array<int, 3>& first, size_t threads) {
  std::optional<OddShape> odd;
  {
    const py::gil_scoped_release release;
    odd = find_odd_shape(ValueSource(index), {first[0], first[1], first[2]}, threads,
                         throw_if_interrupted);
  }
  if (!odd) return py::none();
  const Shape& shape = odd->shape;
  return py::make_tuple(odd->position, py::make_tuple(shape.channels, shape.height, shape.width));
}

py::bytes to_bytes(std::string_view view) { return {view.data(), view.size()}; }

// The keys of the first two records that do not pair, fit to be shown, or None.
py::object mispaired_keys(const std::string& images, const std::string& labels) {
  std::optional<Mispaired> found;
  {
    const py::gil_scoped_release release;
    const auto image_keys = open_reader(images, Access::kKeys);
    const auto label_keys = open_reader(labels, Access::kKeys);
    found = find_mispaired(image_keys.get(), label_keys.get(), LoneNumbers::kIgnored);
  }
  if (!found) return py::none();
  return py::make_tuple(py::bytes(found->image_key), py::bytes(found->label_key));
}

py::list keys_of(const std::string& directory) {
  std::unique_ptr<RecordReader> reader;
  std::vector<std::string_view> views;  // valid as long as the reader lives
  {
    const py::gil_scoped_release release;
    check_manifest(directory);
    reader = open_reader(directory, Access::kKeys);
    while (const auto record = reader->next()) views.push_back(record->key);
  }
  py::list keys(views.size());
  for (size_t i = 0; i < views.size(); ++i) keys[i] = to_bytes(views[i]);
  return keys;
}

py::bytes key_at(const std::string& directory, uint64_t position) {
  std::unique_ptr<RecordReader> reader;
  std::optional<StoredRecord> record;
  {
    const py::gil_scoped_release release;
    check_manifest(directory);
    reader = open_reader(directory, Access::kKeys);
    if (position + 1 == reader->entries()) {
      record = reader->last();
    } else {
      record = reader->next();
      for (uint64_t at = 0; record && at < position; ++at) record = reader->next();
    }
  }
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

}  // namespace

void bind_store(py::module_& module) {
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

  module.def("parse_key", &parsed_key, py::arg("key"));
  module.def("require_role", &require_role, py::kw_only(), py::arg("directory"), py::arg("role"),
             py::call_guard<py::gil_scoped_release>());
  module.def("open_pair", &open_pair, py::kw_only(), py::arg("images"), py::arg("labels"));
  module.def("mispaired_keys", &mispaired_keys, py::kw_only(), py::arg("images"),
             py::arg("labels"));
  module.def("read_keys", &keys_of, py::arg("directory"));
  module.def("key_at", &key_at, py::kw_only(), py::arg("directory"), py::arg("position"));
  module.def("read_stored_values", &stored_values_of, py::kw_only(), py::arg("index"),
             py::arg("value_count"), py::arg("threads"), py::arg("want_rows"));
  module.def("find_odd_shape", &odd_shape_of, py::kw_only(), py::arg("index"), py::arg("first"),
             py::arg("threads"));
  module.def("read_labels", &stored_labels, py::kw_only(), py::arg("index"), py::arg("order"),
             py::arg("label_count"), py::arg("threads"));
}

}  // namespace caffe_multilabel
