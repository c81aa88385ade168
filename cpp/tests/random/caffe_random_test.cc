// Every number here was recorded from Boost 1.74 itself, by the calls that Caffe makes.
#include "random/caffe_random.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numeric>
#include <vector>

#include "random/ziggurat_tables.h"
#include "tests/support.h"

namespace caffe_multilabel {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// A digest of the bits of all values, in their order.
template <typename Value>
uint64_t mixed(const std::vector<Value>& values) {
  uint64_t digest = 0;
  for (const Value& value : values) {
    uint64_t bits = 0;
    std::memcpy(&bits, &value, sizeof(value));
    digest = digest * 6364136223846793005U + bits;
  }
  return digest;
}

// Numbers between, or around, two: how many, the first, second and last, all, and the draw after.
template <typename Real>
struct Reals {
  uint32_t seed;
  Real one;
  Real other;
  size_t count;
  Real shown[3];
  uint64_t digest;
  uint32_t next;
};

template <typename Real>
using Draw = void (CaffeRandom::*)(Real, Real, Real*, size_t);

template <typename Real>
void expect_recorded(Draw<Real> draw, const std::vector<Reals<Real>>& cases) {
  for (const Reals<Real>& wanted : cases) {
    SCOPED_TRACE(testing::Message() << wanted.seed << ": " << wanted.one << ", " << wanted.other);
    CaffeRandom random(wanted.seed);
    std::vector<Real> values(wanted.count);
    (random.*draw)(wanted.one, wanted.other, values.data(), values.size());
    EXPECT_EQ(values[0], wanted.shown[0]);
    EXPECT_EQ(values[1], wanted.shown[1]);
    EXPECT_EQ(values.back(), wanted.shown[2]);
    EXPECT_EQ(mixed(values), wanted.digest);
    EXPECT_EQ(random.next(), wanted.next);
  }
}

TEST(CaffeRandomTest, NormalNumbersAreBoosts) {
  expect_recorded<float>(&CaffeRandom::gaussian,
                         {{0U,
                           0x0p+0F,
                           0x1p+0F,
                           200000,
                           {-0x1.5b354ep-1F, 0x1.4f9268p+0F, 0x1.b0cdc6p+0F},
                           0x1428a7b3e64af431,
                           2830696380U},
                          {1U,
                           0x0p+0F,
                           0x1p+0F,
                           200000,
                           {0x1.f31ba4p-1F, -0x1.d223fp+0F, -0x1.53d2e4p-3F},
                           0x82250d896028f96a,
                           2966622576U},
                          {4294967295U,
                           0x0p+0F,
                           0x1p+0F,
                           200000,
                           {0x1.04c37ap-3F, -0x1.0e6256p-2F, 0x1.69577p-2F},
                           0x3dd5d771f1fe8a2b,
                           1964161569U},
                          {7U,
                           0x1.333334p-2F,
                           0x1.99999ap-4F,
                           200000,
                           {0x1.3cbf2ep-2F, 0x1.1a7ab8p-2F, 0x1.29e608p-2F},
                           0x41c40eba0300a354,
                           3005672020U}});
  expect_recorded<double>(&CaffeRandom::gaussian,
                          {{0U,
                            0x0p+0,
                            0x1p+0,
                            200000,
                            {-0x1.d5e834d7ccb33p-1, 0x1.37e837304d8c5p+0, 0x1.76f9333d9bafcp+0},
                            0xe339a280c59116cd,
                            3456191066U},
                           {1U,
                            0x0p+0,
                            0x1p+0,
                            200000,
                            {0x1.2478918daaf3ep+1, -0x1.56564b6f41b3fp-1, 0x1.239b370d4af2bp+0},
                            0xe9ed71e29aaddcf7,
                            3975030835U},
                           {4294967295U,
                            0x0p+0,
                            0x1p+0,
                            200000,
                            {0x1.2a169a36ed52p+0, -0x1.6a7a63fe76475p+0, -0x1.a6ad297860736p-3},
                            0xd8c8751e5819ef50,
                            1890050344U},
                           {7U,
                            0x1.3333333333333p-2,
                            0x1.999999999999ap-4,
                            200000,
                            {0x1.99a0b0dbbb6e2p-2, 0x1.c2269646c69a4p-2, 0x1.14d7332e7934bp-2},
                            0x3d0199d0cc24ae3b,
                            1845726799U}});
}

// The first draw of seed 14784396 is all of its range once it is a float: it gives `high`, or is
// drawn again where it would give more. Seed 1 draws from a range of one number, from one that is
// wider than the largest number, up to infinity, and among numbers below the normal ones.
TEST(CaffeRandomTest, UniformNumbersAreBoosts) {
  expect_recorded<float>(
      &CaffeRandom::uniform,
      {{0U,
        -0x1.99999ap-3F,
        0x1.333334p-2F,
        200000,
        {0x1.30c52cp-4F, 0x1.8af224p-4F, -0x1.339388p-3F},
        0x25de7547d856bf00,
        2298911645U},
       {4294967295U,
        -0x1.99999ap-3F,
        0x1.333334p-2F,
        200000,
        {-0x1.359ff2p-3F, -0x1.275094p-3F, 0x1.48671ep-3F},
        0x4a3f08710329761f,
        2433935629U},
       {14784396U,
        0x0p+0F,
        0x1p+0F,
        1000,
        {0x1.676728p-1F, 0x1.acd846p-2F, 0x1.f750eap-2F},
        0x9f82d29090333fda,
        864328497U},
       {14784396U,
        -0x1p+0F,
        0x1p+0F,
        1000,
        {0x1p+0F, 0x1.9d9c98p-2F, -0x1.afd164p-2F},
        0xd92693b35ec43f24,
        2111060379U},
       {14784396U,
        -0x1.99999ap-4F,
        0x1.99999ap-4F,
        1000,
        {0x1.4ae3b4p-5F, -0x1.0a18cp-6F, -0x1.bc9e8p-10F},
        0xc0f916703620537b,
        864328497U},
       {14784396U,
        0x0p+0F,
        0x1.99999ap-4F,
        1000,
        {0x1.1f85bap-4F, 0x1.57136ap-5F, 0x1.92a72p-5F},
        0xaa80e60bb2aac509,
        864328497U},
       {1U, 0x1p+0F, 0x1p+0F, 1000, {0x1p+0F, 0x1p+0F, 0x1p+0F}, 0x455c585e44000000, 2258302241U},
       {1U,
        -0x1.c363ccp+127F,
        0x1.c363ccp+127F,
        1000,
        {-0x1.2ba4b8p+125F, 0x1.c0d92cp+127F, -0x1.50021ep+127F},
        0x8beacb68ee48ce45,
        375733240U},
       {1U,
        0x0p+0F,
        kInfinity,
        1000,
        {0x1.ab07cep+126F, 0x1.fe8fp+127F, 0x1.05bfacp+125F},
        0x9837c2d6ded583a0,
        375733240U},
       {1U,
        -0x1p-149F,
        0x0p+0F,
        1000,
        {0x0p+0F, 0x0p+0F, -0x1p-149F},
        0x685f8443a6afdec6,
        3985977204U}});
  expect_recorded<double>(
      &CaffeRandom::uniform,
      {{0U,
        -0x1.999999999999ap-3,
        0x1.3333333333333p-2,
        200000,
        {0x1.30c5222ccccccp-4, 0x1.8af21e44cccccp-4, -0x1.339387a19999ap-3},
        0x376163c3ea8ec87b,
        2298911645U},
       {4294967295U,
        -0x1.999999999999ap-3,
        0x1.3333333333333p-2,
        200000,
        {-0x1.359ff30d9999ap-3, -0x1.275095119999ap-3, 0x1.4867192a66666p-3},
        0xf3df233e3f37755d,
        2433935629U},
       {1U,
        -0x1.1ccf385ebc8ap+1023,
        0x1.1ccf385ebc8ap+1023,
        1000,
        {-0x1.7a206fff91a48p+1020, 0x1.1b34b3b9606dcp+1023, -0x1.a8042ea787cc8p+1022},
        0xb5db6bfa413e829c,
        375733240U},
       {1U, 0x1p+0, 0x1p+0, 1000, {0x1p+0, 0x1p+0, 0x1p+0}, 0x0880000000000000, 2258302241U}});
}

template <typename Real>
struct Bits {
  uint32_t seed;
  Real probability;
  size_t count;
  size_t ones;
  uint64_t digest;
  uint32_t next;
};

template <typename Real>
void expect_recorded(const std::vector<Bits<Real>>& cases) {
  for (const Bits<Real>& wanted : cases) {
    SCOPED_TRACE(testing::Message() << wanted.seed << ": " << wanted.probability);
    CaffeRandom random(wanted.seed);
    std::vector<uint8_t> values(wanted.count, 2);
    random.bernoulli(wanted.probability, values.data(), values.size());
    EXPECT_EQ(std::accumulate(values.begin(), values.end(), size_t{0}), wanted.ones);
    EXPECT_EQ(mixed(values), wanted.digest);
    EXPECT_EQ(random.next(), wanted.next);
  }
}

// A probability of 0 draws nothing, as the number after it tells.
TEST(CaffeRandomTest, BernoulliNumbersAreBoosts) {
  expect_recorded<float>(
      {{0U, 0x0p+0F, 200000, 0, 0x0000000000000000, 2357136044U},
       {0U, 0x1p+0F, 200000, 200000, 0xad65d1631c9729c0, 2298911645U},
       {0U, 0x1p-1F, 200000, 100028, 0x6afdcdc8e18c1e58, 2298911645U},
       {0U, 0x1.333334p-1F, 200000, 120139, 0xdb93092b6d4ceae3, 2298911645U},
       {4294967295U, 0x0p+0F, 200000, 0, 0x0000000000000000, 419326371U},
       {4294967295U, 0x1p+0F, 200000, 200000, 0xad65d1631c9729c0, 2433935629U},
       {4294967295U, 0x1p-1F, 200000, 100088, 0x7e537a071acdb920, 2433935629U},
       {4294967295U, 0x1.333334p-1F, 200000, 120226, 0x6050cbae967f46da, 2433935629U},
       {14784396U, 0x1p+0F, 1000, 1000, 0x44c8b3ccaeceff78, 2111060379U}});
  expect_recorded<double>(
      {{0U, 0x0p+0, 200000, 0, 0x0000000000000000, 2357136044U},
       {0U, 0x1p+0, 200000, 200000, 0xad65d1631c9729c0, 2298911645U},
       {0U, 0x1p-1, 200000, 100028, 0x6afdcdc8e18c1e58, 2298911645U},
       {0U, 0x1.333333p-1, 200000, 120139, 0xdb93092b6d4ceae3, 2298911645U},
       {4294967295U, 0x0p+0, 200000, 0, 0x0000000000000000, 419326371U},
       {4294967295U, 0x1p+0, 200000, 200000, 0xad65d1631c9729c0, 2433935629U},
       {4294967295U, 0x1p-1, 200000, 100088, 0x7e537a071acdb920, 2433935629U},
       {4294967295U, 0x1.333333p-1, 200000, 120226, 0x6050cbae967f46da, 2433935629U},
       {14784396U, 0x1.ffffffaa19c47p-1, 1000, 999, 0x02c600a4ecc73fb3, 2111060379U},
       {147377213U, 0x1.12e0be826d695p-30, 1000, 0, 0x0000000000000000, 1067528810U}});
}

TEST(CaffeRandomTest, ShuffledPositionsAreCaffes) {
  struct Case {
    uint32_t seed;
    size_t count;
    std::vector<uint32_t> first;
    uint64_t digest;
    uint32_t next;
  };
  const std::vector<Case> cases = {
      {1U, 0, {}, 0x0000000000000000, 1791095845U},
      {1U, 1, {0}, 0x0000000000000000, 1791095845U},
      {1U, 2, {1, 0}, 0x5851f42d4c957f2d, 4282876139U},
      {1U, 8, {1, 2, 7, 0, 5, 4, 6, 3}, 0x27247707ababeaa0, 4290846341U},
      {1U,
       100000,
       {86279, 83592, 25288, 43889, 54302, 25309, 40932, 42158},
       0x35f690f5e1d77688,
       2160364578U},
      {0U, 8, {0, 1, 3, 2, 5, 6, 7, 4}, 0x370046621583d910, 3638918503U},
      {4294967295U, 8, {6, 4, 1, 3, 2, 5, 7, 0}, 0x81022b36172d8364, 3309765114U}};
  for (const Case& wanted : cases) {
    SCOPED_TRACE(testing::Message() << wanted.seed << ": " << wanted.count);
    CaffeRandom random(wanted.seed);
    std::vector<uint32_t> positions(wanted.count);
    std::iota(positions.begin(), positions.end(), 0U);
    random.shuffle(positions.data(), positions.size());
    EXPECT_EQ(mixed(positions), wanted.digest);
    EXPECT_EQ(random.next(), wanted.next);
    positions.resize(wanted.first.size());
    EXPECT_EQ(positions, wanted.first);
  }
}

TEST(CaffeRandomTest, NoNumbersTakeNoDraw) {
  CaffeRandom random(3);
  CaffeRandom untouched(3);
  random.uniform<float>(0, 1, nullptr, 0);
  random.gaussian<double>(0, 1, nullptr, 0);
  random.bernoulli(0.5, nullptr, 0);
  random.shuffle(nullptr, 0);
  EXPECT_EQ(random.next(), untouched.next());
}

TEST(CaffeRandomTest, AStateGoesOnWhereItWasTaken) {
  CaffeRandom random(5);
  for (int i = 0; i < 700; ++i) random.next();  // past the first of its blocks
  const std::string state = random.state();
  CaffeRandom other(6);
  other.set_state(state);
  EXPECT_EQ(other.state(), state);
  for (int i = 0; i < 700; ++i) ASSERT_EQ(other.next(), random.next());
}

TEST(CaffeRandomTest, ADamagedStateChangesNothing) {
  CaffeRandom random(5);
  const std::string state = random.state();
  for (const std::string& damaged :
       {std::string(), state.substr(0, state.size() / 2), state + " 1", "x" + state}) {
    EXPECT_EQ(error_of([&] { random.set_state(damaged); }).kind(), ErrorKind::kOption);
    EXPECT_EQ(random.state(), state);
  }
}

// Caffe dies of these, or draws for ever.
TEST(CaffeRandomTest, WhatIsOutOfRangeIsRefused) {
  CaffeRandom random(1);
  const float nan = std::nanf("");
  const float most = std::numeric_limits<float>::max();
  float value = 0;
  uint8_t bit = 0;
  for (const auto& [low, high] : std::vector<std::pair<float, float>>{
           {1, 0}, {nan, 1}, {0, nan}, {-kInfinity, 0}, {most, most}, {kInfinity, kInfinity}}) {
    SCOPED_TRACE(testing::Message() << low << " " << high);
    EXPECT_EQ(error_of([&] { random.uniform(low, high, &value, 1); }).kind(), ErrorKind::kOption);
  }
  for (const float deviation : {0.0F, -1.0F, nan}) {
    SCOPED_TRACE(testing::Message() << deviation);
    EXPECT_EQ(error_of([&] { random.gaussian(0.0F, deviation, &value, 1); }).kind(),
              ErrorKind::kOption);
  }
  for (const float probability : {-0.1F, 1.1F, nan}) {
    SCOPED_TRACE(testing::Message() << probability);
    EXPECT_EQ(error_of([&] { random.bernoulli(probability, &bit, 1); }).kind(), ErrorKind::kOption);
  }
}

// Widths and heights belong together, and each layer has the area of the one below it.
template <size_t layers>
void expect_layers(const ZigguratTable<layers>& table, double (*curve)(double)) {
  const double area = table.x[0] * table.y[1];
  for (size_t i = 1; i < layers; ++i) {
    EXPECT_NEAR(table.y[i], curve(table.x[i]), 1e-15) << i;
    EXPECT_NEAR(table.x[i] * (table.y[i + 1] - table.y[i]), area, 1e-15) << i;
  }
  EXPECT_EQ(table.x[layers], 0);
  EXPECT_EQ(table.y[layers], 1);
}

TEST(ZigguratTableTest, LayersFillTheAreaBelowTheirCurve) {
  expect_layers(kNormalTable, [](double x) { return std::exp(-x * x / 2); });
  expect_layers(kExponentialTable, [](double x) { return std::exp(-x); });
}

}  // namespace
}  // namespace caffe_multilabel
