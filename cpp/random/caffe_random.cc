#include "random/caffe_random.h"

#include <cmath>
#include <limits>
#include <locale>
#include <sstream>
#include <utility>

#include "base/error.h"
#include "random/ziggurat.h"

namespace caffe_multilabel {
namespace {

void require(bool holds, const char* message) {
  if (!holds) throw Error(ErrorKind::kOption, message);
}

// What uniform_real draws below of, so that `high` itself may come out; of infinity it is the
// largest number.
template <typename Real>
Real past(Real high) {
  const Real most = std::numeric_limits<Real>::max();
  return high < most ? std::nextafter(high, most) : most;
}

}  // namespace

template <typename Real>
void CaffeRandom::uniform(Real low, Real high, Real* values, size_t count) {
  Real end = past(high);
  require(std::isfinite(low) && low <= high && low < end,
          "low must be finite, not above high, and below the largest number");
  // A range too wide for its type is drawn at half its size.
  Real scale = 1;
  if (end / 2 - low / 2 > std::numeric_limits<Real>::max() / 2) {
    scale = 2;
    low /= 2;
    end /= 2;
  }
  const Real width = end - low;
  for (size_t i = 0; i < count; ++i) {
    Real value;
    do {
      value = static_cast<Real>(next()) * static_cast<Real>(0x1p-32) * width + low;
    } while (!(value < end));
    values[i] = scale * value;
  }
}

template <typename Real>
void CaffeRandom::gaussian(Real mean, Real deviation, Real* values, size_t count) {
  require(deviation > 0, "deviation must be above 0");
  for (size_t i = 0; i < count; ++i) values[i] = unit_normal<Real>(&engine_) * deviation + mean;
}

template <typename Real>
void CaffeRandom::bernoulli(Real probability, uint8_t* values, size_t count) {
  require(probability >= 0 && probability <= 1, "probability must be from 0 to 1");
  const bool never = probability == 0;
  const Real most = probability * static_cast<Real>(std::numeric_limits<uint32_t>::max());
  for (size_t i = 0; i < count; ++i) {
    values[i] = !never && static_cast<Real>(next()) <= most ? 1 : 0;
  }
}

void CaffeRandom::shuffle(uint32_t* positions, size_t count) {
  require(count <= std::numeric_limits<uint32_t>::max(), "too many positions");
  for (size_t last = count; last > 1; --last) {
    // The values of a draw in `last` buckets of one size, the rest drawn again.
    const auto bucket = static_cast<uint32_t>((uint64_t{1} << 32U) / last);
    uint32_t chosen;
    do {
      chosen = next() / bucket;
    } while (chosen >= last);
    std::swap(positions[last - 1], positions[chosen]);
  }
}

std::string CaffeRandom::state() const {
  std::ostringstream text;
  text.imbue(std::locale::classic());
  text << engine_;
  return text.str();
}

void CaffeRandom::set_state(const std::string& state) {
  std::istringstream text(state);
  text.imbue(std::locale::classic());
  std::mt19937 engine = engine_;
  text >> engine;
  const bool is_whole = !text.fail() && (text >> std::ws).eof();
  require(is_whole, "the state of a random generator is damaged");
  engine_ = engine;
}

template void CaffeRandom::uniform(float, float, float*, size_t);
template void CaffeRandom::uniform(double, double, double*, size_t);
template void CaffeRandom::gaussian(float, float, float*, size_t);
template void CaffeRandom::gaussian(double, double, double*, size_t);
template void CaffeRandom::bernoulli(float, uint8_t*, size_t);
template void CaffeRandom::bernoulli(double, uint8_t*, size_t);

}  // namespace caffe_multilabel
