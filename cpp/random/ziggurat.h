// Normal and exponential numbers by the ziggurat method, as Boost has drawn them since 1.56.
#pragma once

#include <random>

namespace caffe_multilabel {

// A number of mean 0 and deviation 1. Boost 1.74's normal_distribution draws the same from the same
// generator. float and double take other numbers of draws, so that they are two sequences.
template <typename Real>
Real unit_normal(std::mt19937* engine);

}  // namespace caffe_multilabel
