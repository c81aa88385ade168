#include <pybind11/numpy.h>

#include <memory>
#include <mutex>
#include <string>

#include "bindings/module.h"
#include "random/caffe_random.h"

namespace caffe_multilabel {
namespace {

namespace py = pybind11;

template <typename Value>
using Values = py::array_t<Value, py::array::c_style>;

// Threads that share a generator take turns, each without the GIL.
class SharedRandom {
 public:
  explicit SharedRandom(uint32_t seed) : random_(seed) {}

  template <typename Work>
  auto with(const Work& work) {
    const py::gil_scoped_release release;
    const std::lock_guard lock(mutex_);
    return work(&random_);
  }

 private:
  std::mutex mutex_;
  CaffeRandom random_;
};

template <typename Real>
void uniform(SharedRandom* shared, Real low, Real high, Values<Real> values) {
  Real* const data = values.mutable_data();
  const auto count = static_cast<size_t>(values.size());
  shared->with([&](CaffeRandom* random) { random->uniform(low, high, data, count); });
}

template <typename Real>
void gaussian(SharedRandom* shared, Real mean, Real deviation, Values<Real> values) {
  Real* const data = values.mutable_data();
  const auto count = static_cast<size_t>(values.size());
  shared->with([&](CaffeRandom* random) { random->gaussian(mean, deviation, data, count); });
}

void bernoulli(SharedRandom* shared, double probability, Values<uint8_t> values, bool single) {
  uint8_t* const data = values.mutable_data();
  const auto count = static_cast<size_t>(values.size());
  shared->with([&](CaffeRandom* random) {
    if (single) {
      random->bernoulli(static_cast<float>(probability), data, count);
    } else {
      random->bernoulli(probability, data, count);
    }
  });
}

void shuffle(SharedRandom* shared, Values<uint32_t> positions) {
  uint32_t* const data = positions.mutable_data();
  const auto count = static_cast<size_t>(positions.size());
  shared->with([&](CaffeRandom* random) { random->shuffle(data, count); });
}

py::bytes state_of(SharedRandom* shared) {
  return shared->with([](CaffeRandom* random) { return random->state(); });
}

void set_state(SharedRandom* shared, const std::string& state) {
  shared->with([&](CaffeRandom* random) { random->set_state(state); });
}

// Arguments are written to, so none is converted to a copy of the right type.
template <typename Real>
void define_reals(py::class_<SharedRandom>* type) {
  type->def("uniform", &uniform<Real>, py::arg("low"), py::arg("high"),
            py::arg("values").noconvert());
  type->def("gaussian", &gaussian<Real>, py::arg("mean"), py::arg("deviation"),
            py::arg("values").noconvert());
}

}  // namespace

void bind_random(py::module_& module) {
  py::class_<SharedRandom> type(module, "CaffeRandom");
  type.def(py::init<uint32_t>(), py::arg("seed"));
  type.def("next", [](SharedRandom* shared) {
    return shared->with([](CaffeRandom* random) { return random->next(); });
  });
  define_reals<float>(&type);
  define_reals<double>(&type);
  type.def("bernoulli", &bernoulli, py::arg("probability"), py::arg("values").noconvert(),
           py::kw_only(), py::arg("single"));
  type.def("shuffle", &shuffle, py::arg("positions").noconvert());
  type.def("state", &state_of);
  type.def("set_state", &set_state, py::arg("state"));
  type.def(py::pickle(&state_of, [](const py::bytes& state) {
    auto shared = std::make_unique<SharedRandom>(0U);
    set_state(shared.get(), state);
    return shared;
  }));
}

}  // namespace caffe_multilabel
