#include "jobs/channel_check.h"

#include <cstdint>

#include "base/text.h"

namespace caffe_multilabel {
namespace {

std::string unusual(const Shape& shape) {
  const bool is_turned = shape.width == 1 || shape.width == 3;
  return "has " + std::to_string(shape.channels) + " channels, not 1 or 3: Caffe reads it as " +
         to_string(shape) + " (channels x height x width)" +
         (is_turned ? ", so channels seem to have been written last" : "");
}

}  // namespace

void ChannelCheck::add(const std::string& key, const Shape& shape, bool encoded,
                       VerifyReport* report) {
  const int channels = shape.channels;
  if (first_ == 0) {
    first_ = channels;
    const int colors = channels - more_;
    if (colors != images_ && colors != 3 * images_) report->warn("image", key, unusual(shape));
  }
  const std::string has = "has " + counted(static_cast<uint64_t>(channels), "channel");
  const std::string found =
      has + ", the first image " + std::to_string(first_) + "; Caffe stops at it";
  if (!common_.add(channels, encoded)) {
    report->add("image", key,
                channels == first_
                    ? has +
                          " as the first image, and others between them have not; neither "
                          "force_color nor force_gray lets Caffe take them all (channels == "
                          "datum_channels)"
                    : found + " (channels == datum_channels)");
  } else if (!forced_ && !common_.suits(Decoding::kStored)) {
    forced_ = ForcedImage{key, found};
  }
}

void ChannelCheck::finish(VerifyReport* report) const {
  if (!forced_) return;
  const bool color = common_.suits(Decoding::kColor);
  const bool gray = common_.suits(Decoding::kGray);
  report->warn("image", forced_->key,
               forced_->problem + " unless " + (color ? "force_color" : "") +
                   (color && gray ? " or " : "") + (gray ? "force_gray" : "") +
                   " of transform_param is set");
}

}  // namespace caffe_multilabel
