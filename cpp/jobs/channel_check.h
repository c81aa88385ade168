// Whether Caffe can read the images of a DB together: by how many channels each has.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "base/shape.h"
#include "image/ramps.h"
#include "jobs/verify.h"
#include "read/common_channels.h"

namespace caffe_multilabel {

// Takes the images of a DB in their order.
class ChannelCheck {
 public:
  // Of records that hold so many images.
  // `ramps`: two more channels tell places, as the manifest says.
  ChannelCheck(size_t images_per_record, bool ramps)
      : images_(static_cast<int>(images_per_record)), more_(ramps ? kRampChannels : 0) {}

  // Reports an image that Caffe cannot read beside those before it, and a first one of hardly
  // meant channels. `key` is printable.
  void add(const std::string& key, const Shape& shape, bool encoded, VerifyReport* report);

  // Warns of images that Caffe can read only if it is told what to make of those that it decodes.
  // What all of them want is known only when all were added.
  void finish(VerifyReport* report) const;

 private:
  // The first of those that finish() warns of.
  struct ForcedImage {
    std::string key;
    std::string problem;
  };

  const int images_;
  const int more_;  // channels beside those of images
  int first_ = 0;   // channels of the first image
  CommonChannels common_;
  std::optional<ForcedImage> forced_;
};

}  // namespace caffe_multilabel
