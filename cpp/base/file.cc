#include "base/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

[[noreturn]] void throw_output(const std::string& path, int error) {
  throw Error(ErrorKind::kOutput, describe_errno(path, error), path);
}

// Writes to a file that is opened, or made, with one more flag.
FileDescriptor write_all(const std::string& path, int flag, std::string_view content) {
  FileDescriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC | flag, 0666));
  if (!file.valid()) throw_output(path, errno);
  while (!content.empty()) {
    const ssize_t put = ::write(file.get(), content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    if (put < 0) throw_output(path, errno);
    content.remove_prefix(static_cast<size_t>(put));
  }
  return file;
}

}  // namespace

FileDescriptor& FileDescriptor::operator=(FileDescriptor&& other) noexcept {
  if (this != &other) {
    reset();
    fd_ = other.release();
  }
  return *this;
}

int FileDescriptor::release() { return std::exchange(fd_, -1); }

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(release());
}

std::string errno_text(int error) { return std::generic_category().message(error); }

std::string describe_errno(const std::string& path, int error) {
  return path + ": " + errno_text(error);
}

std::string join_path(std::string_view root, std::string_view path) {
  std::string joined(root);
  if (!root.empty() && root.back() != '/') joined += '/';
  joined += path;
  return joined;
}

FileDescriptor open_regular(const std::string& path, size_t* size, std::string* problem) {
  // O_NONBLOCK: opening a FIFO that nobody writes would otherwise wait for ever.
  FileDescriptor file(::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (!file.valid()) {
    // Not the file's fault: it must not be taken for a bad one.
    if (errno == EMFILE || errno == ENFILE || errno == ENOMEM) throw_output(path, errno);
    *problem = errno_text(errno);
    return {};
  }
  struct stat info{};
  if (::fstat(file.get(), &info) != 0) {
    *problem = errno_text(errno);
    return {};
  }
  if (!S_ISREG(info.st_mode)) {
    *problem = S_ISDIR(info.st_mode) ? "is a directory" : "is not a regular file";
    return {};
  }
  *size = static_cast<size_t>(info.st_size);
  return file;
}

bool read_exactly(int fd, char* buffer, size_t size, std::string* problem) {
  size_t done = 0;
  while (done < size) {
    const ssize_t got = ::pread(fd, buffer + done, size - done, static_cast<off_t>(done));
    if (got > 0) {
      done += static_cast<size_t>(got);
    } else if (got == 0) {
      *problem = "became shorter while it was read";
      return false;
    } else if (errno != EINTR) {
      *problem = errno_text(errno);
      return false;
    }
  }
  return true;
}

bool read_small_file(const std::string& path, std::string* content) {
  size_t size = 0;
  std::string problem;
  const FileDescriptor file = open_regular(path, &size, &problem);
  if (!file.valid()) {
    if (::access(path.c_str(), F_OK) != 0 && (errno == ENOENT || errno == ENOTDIR)) return false;
    throw Error(ErrorKind::kOutput, path + ": " + problem, path);
  }
  content->resize(size);
  if (!read_exactly(file.get(), content->data(), size, &problem)) {
    throw Error(ErrorKind::kOutput, path + ": " + problem, path);
  }
  return true;
}

void append_to_file(const std::string& path, std::string_view content) {
  write_all(path, O_APPEND, content);
}

void write_durably(const std::string& path, std::string_view content) {
  const FileDescriptor file = write_all(path, O_TRUNC, content);
  if (::fsync(file.get()) != 0) throw_output(path, errno);
}

void replace_durably(const std::string& path, std::string_view content) {
  const std::string fresh = path + kNewFileEnd;
  try {
    write_durably(fresh, content);
    if (std::rename(fresh.c_str(), path.c_str()) != 0) throw_output(path, errno);
  } catch (const Error&) {
    ::unlink(fresh.c_str());
    throw;
  }
  sync_directory(parent_of(path));
}

void sync_directory(const std::string& path) {
  const FileDescriptor directory(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!directory.valid() || ::fsync(directory.get()) != 0) throw_output(path, errno);
}

bool path_exists(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

std::string plain_path(const std::string& path) {
  fs::path plain;
  for (const fs::path& part : fs::path(path)) {
    if (part.empty() || part == ".") continue;
    std::error_code error;
    if (part == ".." && fs::is_symlink(plain, error)) {
      const fs::path folder = fs::canonical(plain, error);
      // What leads nowhere is left for the system to say.
      plain = error ? plain / part : folder.parent_path();
    } else if (part == ".." && !plain.empty() && plain.filename() != "..") {
      plain = plain.parent_path();
    } else {
      plain /= part;
    }
  }
  return plain.empty() && !path.empty() ? "." : plain.string();
}

std::string parent_of(const std::string& path) {
  const std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

bool is_mount_point(const std::string& path) {
  struct stat inner{};
  struct stat outer{};
  return ::stat(path.c_str(), &inner) == 0 && ::stat(parent_of(path).c_str(), &outer) == 0 &&
         inner.st_dev != outer.st_dev;
}

void rename_path(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) == 0) return;
  throw Error(ErrorKind::kOutput,
              to + ": cannot be renamed from " + from + ": " + errno_text(errno), to);
}

void remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (!error) return;
  throw Error(ErrorKind::kOutput, path + ": cannot be removed: " + error.message(), path);
}

uint64_t free_space(const std::string& path) {
  struct statvfs info{};
  if (::statvfs(path.c_str(), &info) != 0) throw_output(path, errno);
  return static_cast<uint64_t>(info.f_bavail) * info.f_frsize;
}

}  // namespace caffe_multilabel
