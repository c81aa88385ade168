// What a TIFF file tells of damage that OpenCV does not.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

namespace caffe_multilabel {

// False with `*problem` when the image is compressed by deflate and a strip or tile of it is no
// whole zlib stream, each of which ends in a checksum of its pixels. libtiff tells OpenCV of such
// damage, and OpenCV, where it decodes 8 bits, goes on with made-up pixels.
//
// True for all other bytes. No compression, LZW and PackBits have no checksum: their damage goes
// unseen; BigTIFF and pages behind the first are not looked at. Nor is what the streams hold far
// beyond the pixels that the directory claims: a file costs about the time of its decoding.
bool is_whole_tiff(const uint8_t* data, size_t size, std::string* problem);

}  // namespace caffe_multilabel
