#include "pair/target.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kLockFile = "/.lock";
constexpr const char* kPartialEnd = ".partial";
constexpr const char* kOldEnd = ".old";  // after kPartialEnd

bool exists(const std::string& path) {
  std::error_code error;
  return fs::exists(fs::symlink_status(path, error));
}

bool is_complete(const std::string& directory) { return exists(directory + kManifestFile); }

[[noreturn]] void refuse(const std::string& path, const std::string& problem) {
  throw Error(ErrorKind::kOutput, path + ": " + problem, path);
}

void rename_or_throw(const std::string& from, const std::string& to) {
  if (std::rename(from.c_str(), to.c_str()) != 0) {
    refuse(to, "cannot be renamed from " + from + ": " + std::generic_category().message(errno));
  }
}

void remove_tree(const std::string& path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error) refuse(path, "cannot be removed: " + error.message());
}

// What a conversion leaves in a folder when it ends, and what it needs while it works. A folder
// with anything else in it is not ours to replace or to empty.
constexpr std::array<std::string_view, 5> kDatabaseFiles = {"data.mdb", "lock.mdb", "manifest.json",
                                                            "rejects.tsv", ".lock"};
constexpr std::array<std::string_view, 5> kWorkingFiles = {"job.json", "journal", "journal.new",
                                                           "manifest.json.new", "rejects.tsv.new"};

template <typename Names>
bool contains(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Whether `path` is a folder that holds nothing but `data.mdb` and the like; with `working`, the
// files of a conversion that is not finished too.
bool is_database_folder(const std::string& path, bool working) {
  std::error_code error;
  for (fs::directory_iterator at(path, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    const std::string name = at->path().filename().string();
    if (!contains(kDatabaseFiles, name) && !(working && contains(kWorkingFiles, name)))
      return false;
  }
  return !error;
}

bool ends_with(const std::string& text, std::string_view end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

// Without what the eye does not see: trailing slashes, "./" and "a/../".
std::string normalized(const std::string& path) {
  std::string plain = fs::path(path).lexically_normal().string();
  while (plain.size() > 1 && plain.back() == '/') plain.pop_back();
  return plain;
}

bool is_mount_point(const std::string& path, const std::string& parent) {
  struct stat inner{};
  struct stat outer{};
  return ::stat(path.c_str(), &inner) == 0 && ::stat(parent.c_str(), &outer) == 0 &&
         inner.st_dev != outer.st_dev;
}

}  // namespace

PairTarget::Side::Side(const std::string& path) : target(normalized(path)) {
  if (target.empty()) throw Error(ErrorKind::kOption, "the path of a DB is empty");
  const std::string name = fs::path(target).filename().string();
  if (name.empty() || name == "." || name == "..") {
    throw Error(ErrorKind::kOption, target + ": is no name for a new folder");
  }
  partial = target + kPartialEnd;
  old = partial + kOldEnd;
  if (ends_with(target, kPartialEnd) || ends_with(target, std::string(kPartialEnd) + kOldEnd)) {
    throw Error(ErrorKind::kOption,
                target + ": names with this ending are for conversions that are not finished");
  }
  parent = fs::path(target).parent_path().string();
  if (parent.empty()) parent = ".";
}

PairTarget::Side::~Side() {
  if (!lock_file.valid()) return;
  std::error_code error;
  for (fs::directory_iterator at(partial, error); !error && at != fs::directory_iterator();
       at.increment(error)) {
    if (at->path().filename() != kLockFile + 1) return;
  }
  if (!error) fs::remove_all(partial, error);
}

// The lock lives in the partial folder and travels with it, so that a second conversion can never
// take the lock of a folder that was just published.
void PairTarget::Side::lock() {
  if (::mkdir(partial.c_str(), 0777) != 0 && errno != EEXIST) {
    refuse(partial, "cannot be made: " + std::generic_category().message(errno));
  }
  const std::string path = partial + kLockFile;
  lock_file = FileDescriptor(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666));
  if (!lock_file.valid()) refuse(path, std::generic_category().message(errno));
  struct stat ours{};
  struct stat now{};
  const bool locked = ::flock(lock_file.get(), LOCK_EX | LOCK_NB) == 0 &&
                      ::fstat(lock_file.get(), &ours) == 0 && ::stat(path.c_str(), &now) == 0 &&
                      ours.st_ino == now.st_ino;
  if (!locked) {
    lock_file.reset();
    refuse(target, "another conversion is writing to it");
  }
}

PairTarget::PairTarget(TargetOptions options)
    : options_(std::move(options)), images_(options_.image_db), labels_(options_.label_db) {
  check_paths();
  state_ = look();
  // Whether an unfinished conversion is still at work only its lock tells.
  if (state_ != State::kUnfinished) check_may_start(state_);
  labels_.lock();
  if (is_complete(labels_.partial) && !exists(images_.partial) && is_complete(images_.target) &&
      options_.resume) {
    state_ = State::kUnpublished;
    return;
  }
  images_.lock();
  // Nothing but the lock's own files can have changed since the first look, unless another
  // conversion ended in between; then the look under lock decides.
  state_ = look();
  check_may_start(state_);
  if (state_ == State::kPublished && options_.resume && !options_.overwrite) {
    tidy();
  } else if (state_ == State::kPublished || !options_.resume) {
    restart();
  }
}

void PairTarget::check_paths() const {
  for (const Side* side : {&images_, &labels_}) {
    std::error_code error;
    if (!fs::is_directory(side->parent, error)) {
      refuse(side->target, "its parent folder " + side->parent + " is not there");
    }
    if (::access(side->parent.c_str(), W_OK | X_OK) != 0) {
      refuse(side->target, "its parent folder " + side->parent +
                               " cannot be written: " + std::generic_category().message(errno));
    }
    if (exists(side->target) && !fs::is_directory(side->target, error)) {
      refuse(side->target, "is there and is no folder");
    }
    if (exists(side->target) && is_mount_point(side->target, side->parent)) {
      refuse(side->target, "is a mount point, which cannot be replaced; name a folder inside it");
    }
    if (exists(side->target) && options_.overwrite && !is_database_folder(side->target, false)) {
      refuse(side->target, "holds files that are not an LMDB's; it will not be overwritten");
    }
    for (const std::string& path : {side->partial, side->old}) {
      if (exists(path) && !is_database_folder(path, true)) {
        refuse(path, "is in the way, and is no unfinished conversion; move it away");
      }
    }
  }
  const fs::path images = fs::weakly_canonical(fs::absolute(images_.target));
  const fs::path labels = fs::weakly_canonical(fs::absolute(labels_.target));
  if (images == labels) {
    throw Error(ErrorKind::kOption,
                "the image DB and the label DB are the same path: " + images_.target);
  }
  for (const auto& [outer, inner] : {std::pair{images, labels}, std::pair{labels, images}}) {
    const fs::path relative = inner.lexically_relative(outer);
    if (*relative.begin() != "..") {
      throw Error(ErrorKind::kOption, inner.string() + " lies inside " + outer.string() +
                                          "; a DB needs its own folder");
    }
  }
}

PairTarget::State PairTarget::look() const {
  const bool image_partial = exists(images_.partial + "/data.mdb");
  const bool label_partial = exists(labels_.partial + "/data.mdb");
  if (is_complete(labels_.partial)) {
    if (is_complete(images_.partial)) return State::kUnpublished;
    if (!image_partial && is_complete(images_.target)) return State::kUnpublished;
  }
  if (image_partial || label_partial) return State::kUnfinished;
  if (exists(images_.target) && exists(labels_.target)) return State::kPublished;
  return State::kNew;
}

void PairTarget::check_may_start(State found) const {
  const bool unfinished = found == State::kUnfinished || found == State::kUnpublished;
  for (const Side* side : {&images_, &labels_}) {
    if (found == State::kUnpublished || exists(side->target) || !exists(side->old)) continue;
    refuse(side->old, "is what a stopped --overwrite moved away; move it back to " + side->target +
                          ", or remove it");
  }
  if (options_.overwrite) return;
  const bool replaces = exists(images_.target) || exists(labels_.target);
  if (unfinished && !options_.resume) {
    const Side& side = exists(images_.partial) ? images_ : labels_;
    refuse(side.target, "an unfinished conversion is in " + side.partial + "; go on with " +
                            (replaces ? "--resume --overwrite" : "--resume") +
                            ", or start over with --overwrite alone");
  }
  if (found == State::kUnpublished && !exists(images_.partial)) return;
  if (found == State::kPublished && options_.resume) return;
  for (const Side* side : {&images_, &labels_}) {
    if (!exists(side->target)) continue;
    refuse(side->target, unfinished
                             ? "exists; --resume --overwrite goes on and then replaces it"
                             : "exists; --overwrite replaces it once the new pair is complete");
  }
}

const std::string& PairTarget::complete_images() const {
  return is_complete(images_.partial) ? images_.partial : images_.target;
}

void PairTarget::publish() {
  for (const Side* side : {&images_, &labels_}) {
    if (!exists(side->partial) || !exists(side->target)) continue;
    if (options_.overwrite && is_database_folder(side->target, false)) continue;
    refuse(side->target, "was made by something else during the conversion, which is complete in " +
                             side->partial + "; move it away and go on with --resume");
  }
  for (const char* working : {kJobFile, kJournalFile}) {
    ::unlink((images_.partial + working).c_str());
  }
  for (const Side* side : {&images_, &labels_}) {
    if (!exists(side->partial) || !exists(side->target)) continue;
    if (exists(side->old)) remove_tree(side->old);
    rename_or_throw(side->target, side->old);
  }
  for (const Side* side : {&images_, &labels_}) {
    if (exists(side->partial)) rename_or_throw(side->partial, side->target);
  }
  for (const Side* side : {&images_, &labels_}) sync_directory(side->parent);
  tidy();
  state_ = State::kPublished;
}

void PairTarget::tidy() {
  for (const Side* side : {&images_, &labels_}) {
    ::unlink((side->target + kLockFile).c_str());
    // Only what a complete DB has taken the place of.
    if (exists(side->old) && is_complete(side->target)) remove_tree(side->old);
  }
}

void PairTarget::restart() {
  for (const Side* side : {&images_, &labels_}) {
    for (const fs::directory_entry& entry : fs::directory_iterator(side->partial)) {
      if (entry.path().filename() != kLockFile + 1) remove_tree(entry.path().string());
    }
  }
  state_ = State::kNew;
}

void PairTarget::discard() noexcept {
  std::error_code ignored;  // the error that led here is the one to tell
  for (const Side* side : {&images_, &labels_}) fs::remove_all(side->partial, ignored);
}

}  // namespace caffe_multilabel
