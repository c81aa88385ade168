// A list of problems for one error message: the first ones in words, the rest as a number.
#pragma once

#include <cstdint>
#include <string>

namespace caffe_multilabel {

class Problems {
 public:
  static constexpr uint64_t kShown = 20;

  // `make_text()` gives a line without its end. It is called only for what is shown: a list may
  // have a hundred million bad lines.
  template <typename MakeText>
  void add(const MakeText& make_text) {
    if (++count_ <= kShown) text_ += "\n  " + make_text();
  }

  uint64_t count() const { return count_; }

  // What an error's first line is followed by: "\n  <problem>" each, then "\n  and 5 more".
  std::string text() const {
    if (count_ <= kShown) return text_;
    return text_ + "\n  and " + std::to_string(count_ - kShown) + " more";
  }

 private:
  uint64_t count_ = 0;
  std::string text_;
};

}  // namespace caffe_multilabel
