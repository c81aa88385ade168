// Whether an image file keeps the pixels it was made of.
#pragma once

#include <cstddef>
#include <cstdint>

namespace caffe_multilabel {

// True where the file's own coding has already lost pixels: JPEG, WebP of VP8, JPEG 2000 of the 9-7
// wavelet, AVIF, and TIFF that holds one of the first three. What cannot be told counts as
// lossless: taken for that wrongly, an image costs space and nothing else.
bool is_lossy(const uint8_t* data, size_t size);

}  // namespace caffe_multilabel
