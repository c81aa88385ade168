#include "jobs/lines_by_number.h"

#include "base/error.h"
#include "base/text.h"

namespace caffe_multilabel {

NumberedLines lines_by_number(const RecordList& list, const std::optional<Manifest>& manifest,
                              const std::string& label_db, const std::string& consequence) {
  if (!manifest || !lists_same_images(*manifest, list)) {
    throw Error(ErrorKind::kList,
                label_db + ": keys hold the first of " + std::to_string(list.images_per_record()) +
                    " paths, and the list " +
                    (manifest ? "does not begin with the lines of the conversion, with the same "
                                "paths in the same order"
                              : "cannot be compared with that of the conversion, for there is no "
                                "manifest") +
                    ", so which line is whose cannot be told" + consequence);
  }
  return {list, converted_positions(*manifest)};
}

std::vector<std::string> paths_of_record(const RecordList& list, const std::string& label_db,
                                         std::string_view key) {
  std::string problem;
  const auto line = lines_by_number(list, read_manifest(label_db), label_db).find(key, &problem);
  if (!line) throw Error(ErrorKind::kList, printable(key) + ": " + problem);
  std::vector<std::string> paths;
  paths.reserve(list.images_per_record());
  for (size_t image = 0; image < list.images_per_record(); ++image) {
    paths.emplace_back(list.path(*line, image));
  }
  return paths;
}

}  // namespace caffe_multilabel
