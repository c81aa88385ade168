#include "pair/folder_swap.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <utility>

#include "base/error.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

std::string errno_text() { return std::generic_category().message(errno); }

}  // namespace

void refuse_output(const std::string& path, const std::string& problem) {
  throw Error(ErrorKind::kOutput, path + ": " + problem, path);
}

std::optional<std::string> foreign_name(const std::string& path,
                                        const std::vector<std::string_view>& allowed,
                                        std::error_code* error) {
  for (fs::directory_iterator at(path, *error); !*error && at != fs::directory_iterator();
       at.increment(*error)) {
    std::string name = at->path().filename().string();
    if (std::find(allowed.begin(), allowed.end(), name) == allowed.end()) return name;
  }
  return std::nullopt;
}

FolderSwap::FolderSwap(std::string target, const std::string& work_end, std::string busy)
    : target_(std::move(target)),
      work_(target_ + work_end),
      old_(work_ + kOldEnd),
      lock_folder_(target_ + kLockFolderEnd),
      busy_(std::move(busy)) {}

void FolderSwap::lock() {
  if (::mkdir(lock_folder_.c_str(), 0777) != 0 && errno != EEXIST) {
    refuse_output(lock_folder_, "cannot be made: " + errno_text());
  }
  const std::string path = lock_path();
  lock_file_ = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock_file_.valid()) refuse_output(path, errno_text());
  // The file may have been taken away by its last owner between our open and our lock.
  if (::flock(lock_file_.get(), LOCK_EX | LOCK_NB) == 0 && lock_stands_at(path)) return;
  lock_file_.reset();
  refuse_output(target_, busy_);
}

void FolderSwap::unlock() {
  if (!lock_file_.valid()) return;
  // After publishing, a folder of that name is another job's.
  if (lock_stands_at(lock_path()) && lock_is_alone()) {
    ::unlink(lock_path().c_str());
    ::rmdir(lock_folder_.c_str());
  }
  lock_file_.reset();
}

bool FolderSwap::lock_stands_at(const std::string& path) const {
  struct stat ours{};
  struct stat there{};
  return ::fstat(lock_file_.get(), &ours) == 0 && ::stat(path.c_str(), &there) == 0 &&
         ours.st_dev == there.st_dev && ours.st_ino == there.st_ino;
}

bool FolderSwap::lock_is_alone() const {
  std::error_code error;
  return !foreign_name(lock_folder_, {kLockFile}, &error) && !error;
}

void FolderSwap::empty_work() const {
  for (const fs::directory_entry& entry : fs::directory_iterator(work_)) {
    if (entry.path().filename() != kLockFile) remove_tree(entry.path().string());
  }
}

void FolderSwap::move_target_away() const {
  if (!path_exists(target_)) return;
  if (path_exists(old_)) remove_tree(old_);
  rename_path(target_, old_);
}

void FolderSwap::put_in_place() const {
  if (path_exists(work_)) rename_path(work_, target_);
}

void FolderSwap::drop_published_lock() const { ::unlink((target_ + "/" + kLockFile).c_str()); }

void FolderSwap::remove_old() const {
  if (path_exists(old_)) remove_tree(old_);
}

}  // namespace caffe_multilabel
