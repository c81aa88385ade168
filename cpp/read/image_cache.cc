#include "read/image_cache.h"

#include <chrono>

#include "base/error.h"
#include "base/ordered_ring.h"
#include "base/text.h"
#include "image/file_decoder.h"

namespace caffe_multilabel {

ImageCache::ImageCache(const WindowFile& file, const std::string& root, const Tick& tick)
    : files_(file.images.size()) {
  FileDecoder decoder;
  std::chrono::steady_clock::time_point next_tick{};
  for (size_t image = 0; image < files_.size(); ++image) {
    const auto now = std::chrono::steady_clock::now();
    if (now >= next_tick) {
      tick();
      next_tick = now + kTick;
    }
    const std::string path = root + file.images[image];
    std::string problem;
    if (decoder.read(path, &files_[image], &problem)) continue;
    throw Error(
        ErrorKind::kImage,
        file.source + ": image " + std::to_string(image) + ", " + in_quotes(path) + ": " + problem,
        path);
  }
}

}  // namespace caffe_multilabel
