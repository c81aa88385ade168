#include "random/ziggurat.h"

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <type_traits>

#include "random/ziggurat_tables.h"

// What comes out, and after how many draws, hangs on the last bit of each step. So the steps are
// Boost's in their order and types, and CMakeLists.txt keeps the compiler from fusing two of them.

namespace caffe_multilabel {
namespace {

uint32_t draw(std::mt19937* engine) { return static_cast<uint32_t>((*engine)()); }

// From 0 up to 1. Rounding to float may make it 1, which is drawn again.
template <typename Real>
Real unit_uniform(std::mt19937* engine) {
  for (;;) {
    const Real value = static_cast<Real>(draw(engine)) * static_cast<Real>(0x1p-32);
    if (value < 1) return value;
  }
}

// Where a point falls: in which of up to 256 layers, and how far out, from 0 up to 1.
template <typename Real>
struct Point {
  uint32_t layer;
  Real share;
};

// 8 bits of a draw are the layer, and 24 the share; double has 29 more, from a second draw.
template <typename Real>
Point<Real> draw_point(std::mt19937* engine) {
  const uint32_t bits = draw(engine);
  Real share = static_cast<Real>(bits >> 8U) * static_cast<Real>(0x1p-24);
  if constexpr (std::is_same_v<Real, double>) {
    share += draw(engine) & 0x1FFFFFFFU;
    share *= 0x1p-29;
  }
  return {bits & 0xFFU, share};
}

// The part of a layer that the curve cuts through. A line between two of its corners, and a tangent
// of the curve in one of them, bound the curve from both sides.
template <typename Real>
struct Edge {
  Real y;           // a height in the layer, at random
  Real over_chord;  // above 0 where the point is above that line; else of no meaning
};

template <typename Real, size_t layers>
Edge<Real> draw_edge(const ZigguratTable<layers>& table, uint32_t i, Real x, std::mt19937* engine) {
  const Real share = unit_uniform<Real>(engine);
  const Real width = static_cast<Real>(table.x[i] - table.x[i + 1]);
  const Real height = static_cast<Real>(table.y[i + 1] - table.y[i]);
  return {static_cast<Real>(table.y[i]) + share * height,
          width * share - (static_cast<Real>(table.x[i]) - x)};
}

template <typename Real>
Real unit_exponential(std::mt19937* engine) {
  const auto& table = kExponentialTable;
  Real shift = 0;
  for (;;) {
    const auto [i, share] = draw_point<Real>(engine);
    const Real x = share * static_cast<Real>(table.x[i]);
    const Real inner = static_cast<Real>(table.x[i + 1]);
    if (x < inner) return shift + x;
    if (i == 0) {  // this curve's tail has the form of the curve
      shift += static_cast<Real>(table.x[1]);
      continue;
    }
    const Edge<Real> edge = draw_edge(table, i, x, engine);
    const Real top = static_cast<Real>(table.y[i + 1]);
    const Real over_tangent = edge.y - (top + (inner - x) * top);
    if (edge.over_chord < 0 && (over_tangent < 0 || edge.y < std::exp(-x))) return x + shift;
  }
}

// From the outermost layer on, by Marsaglia's method for the tail.
template <typename Real>
Real normal_tail(std::mt19937* engine) {
  const Real start = static_cast<Real>(kNormalTable.x[1]);
  for (;;) {
    const Real x = unit_exponential<Real>(engine) / start;
    const Real y = unit_exponential<Real>(engine);
    if (2 * y > x * x) return x + start;
  }
}

}  // namespace

template <typename Real>
Real unit_normal(std::mt19937* engine) {
  const auto& table = kNormalTable;
  for (;;) {
    const auto [bits, share] = draw_point<Real>(engine);
    const Real sign = (bits & 1U) == 0 ? -1 : 1;
    const uint32_t i = bits >> 1U;
    const Real x = share * static_cast<Real>(table.x[i]);
    if (static_cast<double>(x) < table.x[i + 1]) return x * sign;
    if (i == 0) return normal_tail<Real>(engine) * sign;
    const Edge<Real> edge = draw_edge(table, i, x, engine);
    const Real outer = static_cast<Real>(table.x[i]);
    const Real base = static_cast<Real>(table.y[i]);
    const Real over_tangent = edge.y - (base + (outer - x) * base * outer);
    // From 1 on the curve is convex: the line lies above it and the tangent below. Nearer, the
    // other way round.
    const bool convex = table.x[i] >= 1;
    const Real over_upper = convex ? edge.over_chord : over_tangent;
    const Real over_lower = convex ? over_tangent : edge.over_chord;
    if (over_upper < 0 && (over_lower < 0 || edge.y < std::exp(-(x * x / 2)))) return x * sign;
  }
}

template float unit_normal(std::mt19937* engine);
template double unit_normal(std::mt19937* engine);

}  // namespace caffe_multilabel
