#include "read/common_channels.h"

#include <gtest/gtest.h>

#include <string>

namespace caffe_multilabel {
namespace {

struct Image {
  const char* name;
  int channels;
  bool encoded;
};

constexpr Image kRawGray = {"raw 1", 1, false};
constexpr Image kRawColor = {"raw 3", 3, false};
constexpr Image kGray = {"encoded 1", 1, true};
constexpr Image kColor = {"encoded 3", 3, true};
constexpr Image kAlpha = {"encoded 4", 4, true};
constexpr Image kDeep = {"encoded, 16 bits", 0, true};

struct Mix {
  Image first;
  Image second;
  const char* suits;  // s stored, c force_color, g force_gray; or none of them
};

void PrintTo(const Mix& mix, std::ostream* out) {
  *out << mix.first.name << " + " << mix.second.name;
}

class CommonChannelsTest : public testing::TestWithParam<Mix> {};

// What data_transformer.cpp of BVLC Caffe makes of the two in one blob, compiled and run.
constexpr Mix kMixes[] = {
    {kRawGray, kRawGray, "scg"},   {kRawGray, kRawColor, ""}, {kRawGray, kGray, "sg"},
    {kRawGray, kColor, "g"},       {kRawGray, kAlpha, "g"},   {kRawGray, kDeep, "g"},
    {kRawColor, kRawColor, "scg"}, {kRawColor, kGray, "c"},   {kRawColor, kColor, "sc"},
    {kRawColor, kAlpha, "c"},      {kRawColor, kDeep, "c"},   {kGray, kGray, "scg"},
    {kGray, kColor, "cg"},         {kGray, kAlpha, "cg"},     {kGray, kDeep, "cg"},
    {kColor, kColor, "scg"},       {kColor, kAlpha, "cg"},    {kColor, kDeep, "cg"},
    {kAlpha, kAlpha, "scg"},       {kAlpha, kDeep, "cg"},     {kDeep, kDeep, "cg"},
};

std::string suiting(const CommonChannels& common) {
  std::string letters;
  if (common.suits(Decoding::kStored)) letters += 's';
  if (common.suits(Decoding::kColor)) letters += 'c';
  if (common.suits(Decoding::kGray)) letters += 'g';
  return letters;
}

TEST_P(CommonChannelsTest, AreThoseUnderWhichCaffeTakesBoth) {
  const Mix& mix = GetParam();
  for (const bool turned : {false, true}) {
    const Image& first = turned ? mix.second : mix.first;
    const Image& second = turned ? mix.first : mix.second;
    CommonChannels common;
    EXPECT_TRUE(common.add(first.channels, first.encoded));
    const std::string before = suiting(common);
    const bool taken = common.add(second.channels, second.encoded);
    EXPECT_EQ(taken, *mix.suits != '\0');
    EXPECT_EQ(suiting(common), taken ? mix.suits : before);
  }
}

INSTANTIATE_TEST_SUITE_P(Mixes, CommonChannelsTest, testing::ValuesIn(kMixes));

TEST(CommonChannels, ComparesWithThoseThatWereTaken) {
  CommonChannels common;
  EXPECT_EQ(suiting(common), "scg");
  EXPECT_TRUE(common.add(1, true));
  EXPECT_TRUE(common.add(3, false));
  EXPECT_EQ(suiting(common), "c");
  EXPECT_FALSE(common.add(1, false));  // with the first one alone it could go
  EXPECT_TRUE(common.add(4, true));
  EXPECT_EQ(suiting(common), "c");
}

}  // namespace
}  // namespace caffe_multilabel
