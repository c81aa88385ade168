#include "list/window_file.h"

#include <algorithm>
#include <cmath>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/text.h"
#include "list/line_reader.h"
#include "list/number.h"
#include "record/digest.h"

namespace caffe_multilabel {
namespace {

constexpr int kMaxPlace = 1 << 24;  // Caffe keeps boxes in floats, which are exact up to here
constexpr int kMaxCount = 100'000'000;

// The words of a file, one after another.
class Words {
 public:
  explicit Words(const std::string& path) : path_(path), lines_(path == "-" ? "./-" : path) {}

  // The next word, valid until the one after it; false at the end of the file.
  bool next(std::string_view* word) {
    constexpr std::string_view kSeparators = " \t\v\f\r";
    for (;;) {
      rest_.remove_prefix(std::min(rest_.find_first_not_of(kSeparators), rest_.size()));
      if (!rest_.empty()) break;
      if (!lines_.next(&rest_)) return false;
      digest_ = chain(digest_, record_digest({}, rest_));
    }
    const size_t size = std::min(rest_.find_first_of(kSeparators), rest_.size());
    *word = rest_.substr(0, size);
    rest_.remove_prefix(size);
    return true;
  }

  std::string_view need(const char* what) {
    std::string_view word;
    if (!next(&word)) fail(std::string("the file ends where ") + what + " is wanted");
    return word;
  }

  // A number from `least` to `most`.
  template <typename Number>
  Number number(const char* what, Number least, Number most) {
    const std::string_view word = need(what);
    Number value{};
    if (read_number(word, &value) != std::errc() || !(value >= least && value <= most)) {
      fail(in_quotes(word) + " stands where " + what + " is wanted");
    }
    return value;
  }

  [[noreturn]] void fail(const std::string& problem) const {
    throw Error(ErrorKind::kList,
                path_ + ": line " + std::to_string(lines_.number()) + ": " + problem, path_,
                lines_.number());
  }

  uint32_t line() const { return lines_.number(); }
  const Digest& digest() const { return digest_; }

 private:
  std::string path_;
  LineReader lines_;
  std::string_view rest_;
  Digest digest_{};
};

Window read_window(Words* words, uint32_t image) {
  Window window;
  window.image = image;
  window.label = words->number<int32_t>("the class of a window", INT32_MIN, INT32_MAX);
  window.line = words->line();
  window.overlap = words->number<float>("the overlap of a window", -HUGE_VALF, HUGE_VALF);
  for (int* place : {&window.x1, &window.y1, &window.x2, &window.y2}) {
    *place = words->number<int>("x1, y1, x2 or y2 of a window", -kMaxPlace, kMaxPlace);
  }
  return window;
}

}  // namespace

WindowFile read_window_file(const std::string& path) {
  Words words(path);
  WindowFile file;
  file.source = path;
  std::string_view word;
  while (words.next(&word)) {
    if (word != "#") words.fail(in_quotes(word) + " stands where the # of an image is wanted");
    const auto image = static_cast<uint32_t>(file.images.size());
    const int index = words.number<int>("the number of an image", 0, kMaxCount);
    if (static_cast<uint32_t>(index) != image) {
      words.fail("image " + std::to_string(index) + " stands where " + std::to_string(image) +
                 " is wanted; Caffe counts from 0 on");
    }
    file.images.emplace_back(words.need("the path of an image"));
    words.number<int>("the channels of an image, which are 3,", 3, 3);
    words.number<int>("the height of an image", 0, kMaxCount);
    words.number<int>("the width of an image", 0, kMaxCount);
    const int count = words.number<int>("the number of an image's windows", 0, kMaxCount);
    for (int i = 0; i < count; ++i) file.windows.push_back(read_window(&words, image));
  }
  if (file.images.empty()) {
    throw Error(ErrorKind::kList, path + ": the window file is empty", path);
  }
  file.digest = words.digest();
  return file;
}

}  // namespace caffe_multilabel
