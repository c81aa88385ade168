#include "list/line_reader.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "base/error.h"

namespace caffe_multilabel {

LineReader::LineReader(const std::string& path, std::function<void()> on_signal)
    : path_(path), on_signal_(std::move(on_signal)), buffer_(2 * kMaxLine) {
  if (path == "-") {
    path_ = "standard input";
    return;
  }
  owned_ = FileDescriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  struct stat info{};
  if (!owned_.valid() || ::fstat(owned_.get(), &info) != 0) {
    throw Error(ErrorKind::kList, describe_errno(path, errno), path);
  }
  if (S_ISDIR(info.st_mode)) {
    throw Error(ErrorKind::kList, path + ": is a directory, a list file is wanted", path);
  }
  fd_ = owned_.get();
}

bool LineReader::refill() {
  std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
  end_ -= begin_;
  begin_ = 0;
  for (;;) {
    const ssize_t got = ::read(fd_, buffer_.data() + end_, buffer_.size() - end_);
    if (got > 0) {
      end_ += static_cast<size_t>(got);
      return true;
    }
    if (got == 0) {
      at_end_ = true;
      return false;
    }
    if (errno != EINTR) throw Error(ErrorKind::kList, describe_errno(path_, errno), path_);
    if (on_signal_) on_signal_();
  }
}

bool LineReader::next(std::string_view* line) {
  size_t searched = 0;  // bytes after begin_ that hold no line end
  const char* newline = nullptr;
  for (;;) {
    const char* from = buffer_.data() + begin_ + searched;
    newline = static_cast<const char*>(std::memchr(from, '\n', end_ - begin_ - searched));
    if (newline != nullptr) break;
    searched = end_ - begin_;
    if (searched > kMaxLine || at_end_ || !refill()) break;
  }
  if (newline == nullptr && begin_ == end_) return false;
  const char* begin = buffer_.data() + begin_;
  const char* end = newline != nullptr ? newline : buffer_.data() + end_;
  if (static_cast<size_t>(end - begin) > kMaxLine) {
    throw Error(ErrorKind::kList,
                path_ + ", line " + std::to_string(number_ + 1) +
                    ": longer than 1 MiB; is this a list of images?",
                path_, number_ + 1);
  }
  begin_ = static_cast<size_t>(end - buffer_.data()) + (newline != nullptr);
  *line = {begin, static_cast<size_t>(end - begin)};
  if (!line->empty() && line->back() == '\r') line->remove_suffix(1);
  if (number_ == 0 && line->substr(0, 3) == "\xEF\xBB\xBF") line->remove_prefix(3);
  ++number_;
  return true;
}

}  // namespace caffe_multilabel
