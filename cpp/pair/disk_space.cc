#include "pair/disk_space.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdio>
#include <filesystem>

#include "base/error.h"
#include "base/file.h"
#include "record/key.h"
#include "store/store.h"

namespace caffe_multilabel {
namespace {

std::string readable(uint64_t bytes) {
  const bool large = bytes >= (1U << 30U);
  char text[32];
  std::snprintf(text, sizeof text, large ? "%.1f GiB" : "%.1f MiB",
                static_cast<double>(bytes) / (large ? 1U << 30U : 1U << 20U));
  return text;
}

bool same_file_system(const std::string& a, const std::string& b) {
  struct stat first{};
  struct stat second{};
  return ::stat(a.c_str(), &first) == 0 && ::stat(b.c_str(), &second) == 0 &&
         first.st_dev == second.st_dev;
}

void require(uint64_t bytes, const std::string& directory) {
  const uint64_t available = free_space(directory);
  if (bytes <= available) return;
  const std::string disk = std::filesystem::path(directory).parent_path().string();
  throw Error(ErrorKind::kOutput,
              (disk.empty() ? "." : disk) + ": the pair will take about " + readable(bytes) + ", " +
                  readable(available) +
                  " are free; make room, or convert with --encoded or a smaller size "
                  "(--ignore_free_space converts all the same)",
              directory);
}

}  // namespace

void check_free_space(size_t count, size_t label_count, const std::string& root,
                      const std::function<std::vector<std::string>(size_t)>& paths,
                      const ImageOptions& options, const std::string& image_directory,
                      const std::string& label_directory) {
  // Raw records of one size need one that can be read.
  const bool one_size = options.resize_width > 0 && !options.stores_encoded();
  constexpr size_t kSamples = 16;
  ImageRecordBuilder builder(options);
  ImageDatum datum;
  uint64_t sampled = 0;
  uint64_t images = 0;
  uint64_t labels = 0;
  for (size_t i = 0; i < std::min(count, kSamples); ++i) {
    std::vector<std::string> files = paths(i * count / std::min(count, kSamples));
    const std::string listed = files.front();
    for (std::string& file : files) file = join_path(root, file);
    ImageRecordBuilder::Result result;
    std::string problem;
    if (!builder.build(files, &datum, &result, &problem)) continue;
    images += stored_size(image_key(0, listed).size(), datum.finish(0).size());
    labels += stored_size(label_key(0, listed).size(), 5 * label_count + 16);
    ++sampled;
    if (one_size) break;
  }
  if (sampled == 0) return;  // the conversion itself will say what is wrong with the images
  images = images * count / sampled;
  labels = labels * count / sampled;
  if (same_file_system(image_directory, label_directory)) {
    require(images + labels, image_directory);
  } else {
    require(images, image_directory);
    require(labels, label_directory);
  }
}

}  // namespace caffe_multilabel
