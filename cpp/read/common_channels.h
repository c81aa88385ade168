// Whether the images of one DB have as many channels as each other once a Data layer has read them.
//
// All images of a batch go into one blob, so Caffe stops at one that has others ("channels ==
// datum_channels" of data_transformer.cpp). force_color and force_gray of transform_param make
// those alike that Caffe decodes; on a record that is not encoded they do nothing.
#pragma once

#include <array>
#include <optional>

#include "image/decode.h"

namespace caffe_multilabel {

constexpr std::array<Decoding, 3> kDecodings = {Decoding::kStored, Decoding::kColor,
                                                Decoding::kGray};

// Of a record with so many channels as it is stored.
int channels_as_read(int channels, bool encoded, Decoding decoding);

// Looks at one image after another.
class CommonChannels {
 public:
  // Whether a decoding is left under which Caffe takes this image and all before. An image that
  // leaves none changes nothing: those that follow are compared with the ones before it. 0 channels
  // are those of an image that Caffe decodes if it is forced alone, as one of 16 bits.
  bool add(int channels, bool encoded);

  // Whether Caffe takes all images that were not refused, decoded so.
  bool suits(Decoding decoding) const;

 private:
  struct Reading {
    bool suits = true;
    int channels = 0;  // of the first image, decoded so
  };

  std::optional<std::array<Reading, kDecodings.size()>> readings_;
};

}  // namespace caffe_multilabel
