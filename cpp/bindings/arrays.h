// Arrays of numpy that several parts of the module take or give.
#pragma once

#include <pybind11/numpy.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "base/shape.h"
#include "store/record_index.h"
#include "store/value_source.h"

namespace caffe_multilabel {

using FloatArray = pybind11::array_t<float, pybind11::array::c_style>;
using OrderArray = pybind11::array_t<uint32_t, pybind11::array::c_style>;
using SharedIndex = std::shared_ptr<RecordIndex>;

inline std::vector<pybind11::ssize_t> sides(const Shape& shape) {
  return {shape.channels, shape.height, shape.width};
}

// Positions of records in the order to read them in; none is that of the keys.
inline RecordOrder order_of(const std::optional<OrderArray>& order) {
  if (!order) return nullptr;
  return std::make_shared<std::vector<uint32_t>>(order->data(), order->data() + order->size());
}

}  // namespace caffe_multilabel
