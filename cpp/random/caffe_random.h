// The random numbers that BVLC Caffe draws on a CPU.
#pragma once

#include <cstddef>
#include <cstdint>
#include <random>
#include <string>

namespace caffe_multilabel {

// A generator, and the draws that Caffe makes of one: with the same seed, and the same calls in the
// same order, they are the same to the bit. Caffe takes them from Boost, whose distributions change
// between versions, unlike mt19937 itself; these are of 1.74, which Debian 12 has.
//
// `Real` is float, Caffe's type, or double. What is out of range, where Caffe stops or draws
// forever, throws Error(kOption). For one thread at a time.
class CaffeRandom {
 public:
  explicit CaffeRandom(uint32_t seed) : engine_(seed) {}

  // caffe_rng_rand: 32 bits.
  uint32_t next() { return static_cast<uint32_t>(engine_()); }

  // caffe_rng_uniform: `high` may come out, too. `low` has to be finite.
  template <typename Real>
  void uniform(Real low, Real high, Real* values, size_t count);

  // caffe_rng_gaussian; `deviation` has to be above 0.
  template <typename Real>
  void gaussian(Real mean, Real deviation, Real* values, size_t count);

  // caffe_rng_bernoulli: 1 with a probability from 0 to 1, else 0. At 0 nothing is drawn.
  template <typename Real>
  void bernoulli(Real probability, uint8_t* values, size_t count);

  // Caffe's shuffle.
  void shuffle(uint32_t* positions, size_t count);

  // What the next draws depend on; set_state() throws for bytes that state() has not made.
  std::string state() const;
  void set_state(const std::string& state);

 private:
  std::mt19937 engine_;
};

}  // namespace caffe_multilabel
