// What the tests share: throw-away folders, whole files, errors as values.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <cstdio>
#include <streambuf>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace caffe_multilabel {

// A fresh folder, removed with all that is in it.
class TemporaryDirectory {
 public:
  TemporaryDirectory();
  ~TemporaryDirectory();
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  const std::string& path() const { return path_; }
  // The path of `name` in it.
  std::string operator/(std::string_view name) const { return path_ + "/" + std::string(name); }
  // Makes the folder `name` in it and gives its path.
  std::string folder(std::string_view name) const;

 private:
  std::string path_;
};

// Keeps what libraries print about broken images out of the log. Sanitizers write past it.
class QuietStderr {
 public:
  QuietStderr();
  ~QuietStderr();
  QuietStderr(const QuietStderr&) = delete;
  QuietStderr& operator=(const QuietStderr&) = delete;

 private:
  std::FILE* kept_;
  std::streambuf* kept_buffer_;
};

bool exists(const std::string& path);
// Names in a folder, sorted.
std::vector<std::string> names_in(const std::string& directory);
// Both fail the test when the file cannot be read or written.
std::string read_file(const std::string& path);
void write_file(const std::string& path, std::string_view content);

// An image of tests/golden/images.
std::string golden_path(std::string_view name);
std::string golden(std::string_view name);
// All of them that lie in the folder itself.
std::vector<std::string> golden_names();

inline const uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const uint8_t*>(text.data());
}

// The Error that `body` throws; fails the test, and gives an empty one, when it throws none.
template <typename Body>
Error error_of(const Body& body) {
  try {
    body();
  } catch (const Error& error) {
    return error;
  }
  ADD_FAILURE() << "no Error was thrown";
  return {ErrorKind::kCancelled, ""};
}

// Whether `part` stands in `text`.
testing::AssertionResult mentions(std::string_view text, std::string_view part);

// Whether two byte strings are equal; says where they differ instead of printing them.
testing::AssertionResult same_bytes(std::string_view a, std::string_view b);

}  // namespace caffe_multilabel
