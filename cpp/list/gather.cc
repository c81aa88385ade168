#include "list/gather.h"

#include "base/error.h"
#include "base/text.h"
#include "record/key.h"

namespace caffe_multilabel {

void BadLines::add(uint32_t line, const std::string& text) {
  if (problems_.count() == 0) first_ = line;
  problems_.add([&] { return unit_ + " " + std::to_string(line) + ": " + text; });
}

void BadLines::throw_if_any() const {
  const uint64_t count = problems_.count();
  if (count == 0) return;
  const std::string message = source_ + ": " + counted(count, "bad " + unit_) + problems_.text();
  throw Error(ErrorKind::kList, message, source_, first_);
}

RecordGatherer::RecordGatherer(size_t label_count, std::vector<LabelRule> rules,
                               std::vector<std::string> names, size_t images_per_record)
    : records_(label_count, images_per_record), rules_(std::move(rules)), names_(std::move(names)) {
  rules_.resize(label_count);
  values_.resize(label_count);
}

std::optional<std::string> RecordGatherer::path_problem(const std::string_view* paths) const {
  const size_t images = records_.images_per_record();
  for (size_t image = 0; image < images; ++image) {
    const auto called = [&] {
      return images == 1 ? "the path" : "path " + std::to_string(image + 1);
    };
    if (paths[image].empty()) return called() + " is empty";
    if (paths[image] == "?") return called() + " is '?', which names no image";
    if (paths[image].find('\0') != std::string_view::npos) return called() + " holds a zero byte";
  }
  // The longest key is the label's; it holds the first path.
  const std::string_view path = paths[0];
  const size_t key_size = label_key(0, path).size();
  if (key_size <= kMaxKeySize) return std::nullopt;
  return "the path has " + counted(path.size(), "byte") + ", LMDB keys allow " +
         std::to_string(kMaxKeySize - (key_size - path.size()));
}

std::string RecordGatherer::called(size_t column) const {
  if (column < names_.size() && !names_[column].empty()) {
    return "column " + in_quotes(names_[column]);
  }
  return "label " + std::to_string(column + 1);
}

void RecordGatherer::keep(const std::string_view* paths, uint32_t line) {
  if (records_.size() == kMaxRecords) {
    throw Error(ErrorKind::kList, "the list has more than " + std::to_string(kMaxRecords) +
                                      " records; their keys would not sort");
  }
  records_.add(paths, values_.data(), line);
}

}  // namespace caffe_multilabel
