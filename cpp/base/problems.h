// A list of problems for one error message: the first ones in words, the rest as a number.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

namespace caffe_multilabel {

class Problems {
 public:
  static constexpr uint64_t kShown = 20;

  // `make_text()` gives a line without its end: what the problem is of, a colon, the problem. Where
  // that is the one before, "the same" stands for it. It is called only for what is shown: a list
  // may have a hundred million bad lines.
  template <typename MakeText>
  void add(const MakeText& make_text) {
    if (++count_ <= kShown) text_ += "\n  " + shortened(make_text());
  }

  uint64_t count() const { return count_; }

  // What an error's first line is followed by: "\n  <problem>" each, then "\n  and 5 more".
  std::string text() const {
    if (count_ <= kShown) return text_;
    return text_ + "\n  and " + std::to_string(count_ - kShown) + " more";
  }

 private:
  std::string shortened(std::string line) {
    const size_t colon = line.find(": ");
    if (colon == std::string::npos) return line;
    std::string problem = line.substr(colon + 2);
    if (problem == last_) return line.substr(0, colon + 2) + "the same";
    last_ = std::move(problem);
    return line;
  }

  uint64_t count_ = 0;
  std::string text_;
  std::string last_;
};

}  // namespace caffe_multilabel
