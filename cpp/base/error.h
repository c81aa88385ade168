// The one exception type of the core, with the place of the trouble as data.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <utility>

namespace caffe_multilabel {

// Each kind becomes one Python class; see bindings/errors.cc.
enum class ErrorKind {
  kOption,     // an option is out of range or does not go with another
  kList,       // a list line does not fit
  kImage,      // an image cannot be read and the caller wants to stop at it
  kDatabase,   // an LMDB cannot be opened, read or written
  kOutput,     // a target exists, is in use, cannot be made or does not fit on the disk
  kCancelled,  // the progress callback asked to stop
};

// Thrown by every part of the core. `what()` is complete by itself: what is wrong, where, what is
// allowed. The other members repeat the place for programs; empty or 0 where it does not apply.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, const std::string& message, std::string path = {}, int64_t line = 0,
        std::string key = {})
      : std::runtime_error(message),
        kind_(kind),
        path_(std::move(path)),
        line_(line),
        key_(std::move(key)) {}

  ErrorKind kind() const { return kind_; }
  const std::string& path() const { return path_; }
  int64_t line() const { return line_; }  // 1-based
  const std::string& key() const { return key_; }

 private:
  ErrorKind kind_;
  std::string path_;
  int64_t line_;
  std::string key_;
};

}  // namespace caffe_multilabel
