// The layers of Marsaglia and Tsang's ziggurats (Journal of Statistical Software 5, 2000).
#pragma once

#include <array>
#include <cstddef>

namespace caffe_multilabel {

// A curve of height 1 at 0, cut into layers of one area each from the bottom up. Layer i is x[i]
// wide, and reaches from y[i] to y[i + 1], where the curve is x[i + 1] from 0. The tail belongs to
// layer 0, whose x is as wide as a box of its area.
//
// The numbers are Boost 1.74's, to the bit: they were computed with 60 digits, rounded, and
// compared. `long double` is off in two of them, so they are kept, not computed.
template <size_t layers>
struct ZigguratTable {
  std::array<double, layers + 1> x;
  std::array<double, layers + 1> y;
};

extern const ZigguratTable<128> kNormalTable;       // exp(-x^2 / 2)
extern const ZigguratTable<256> kExponentialTable;  // exp(-x)

}  // namespace caffe_multilabel
