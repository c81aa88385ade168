#include "pair/target.h"

#include <unistd.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>
#include <vector>

#include "base/error.h"
#include "pair/manifest.h"
#include "pair/rejects.h"
#include "store/store.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

constexpr const char* kWorkEnd = FolderSwap::kLockFolderEnd;
constexpr const char* kBusy = "another conversion is writing to it";

bool is_complete(const std::string& directory) { return path_exists(directory + kManifestFile); }

// Whether the DB is complete where it is built.
bool waits(const FolderSwap& side) { return is_complete(side.work()); }

// Whether the DB is complete where it is built, or was and has its name now.
bool is_built(const FolderSwap& side) {
  return waits(side) || (!holds_store(side.work()) && is_complete(side.target()));
}

const std::string& complete_folder(const FolderSwap& side) {
  return waits(side) ? side.work() : side.target();
}

// Whether `path` is a folder that holds nothing but what a conversion leaves when it ends; with
// `unfinished`, what it needs while it works as well.
bool is_database_folder(const std::string& path, bool unfinished) {
  const auto fresh = [](const char* file) { return std::string(file) + kNewFileEnd; };
  const std::vector<std::string> names =
      unfinished
          ? database_names({kManifestFile, fresh(kManifestFile), kRejectsFile, fresh(kRejectsFile),
                            kJobFile, kJournalFile, fresh(kJournalFile)})
          : database_names({kManifestFile, kRejectsFile});
  std::error_code error;
  return !foreign_name(path, names, &error) && !error;
}

// The path of a DB to be made.
std::string target_path(const std::string& path) {
  std::string target = plain_path(path);
  if (target.empty()) throw Error(ErrorKind::kOption, "the path of a DB is empty");
  const std::string name = fs::path(target).filename().string();
  if (name.empty() || name == "." || name == "..") {
    throw Error(ErrorKind::kOption, target + ": is no name for a new folder");
  }
  return target;
}

}  // namespace

PairTarget::PairTarget(TargetOptions options)
    : options_(std::move(options)),
      images_(target_path(options_.image_db), kWorkEnd, kBusy),
      labels_(target_path(options_.label_db), kWorkEnd, kBusy) {
  check_paths();
  state_ = find_state();
  // Whether an unfinished conversion is still at work only its lock tells.
  if (state_ != State::kUnfinished) check_may_start(state_);
  labels_.lock();
  images_.lock();
  // Nothing but the lock's own files can have changed since state_ was found first, unless another
  // conversion ended in between; then what is found under the lock decides.
  state_ = find_state();
  check_may_start(state_);
  if (state_ == State::kPublished && options_.resume && !options_.overwrite) {
    remove_leftovers();
  } else if (state_ == State::kPublished || !options_.resume) {
    restart();
  }
}

void PairTarget::check_paths() const {
  for (const FolderSwap* side : {&images_, &labels_}) {
    std::error_code error;
    if (!fs::is_directory(side->parent(), error)) {
      refuse_output(side->target(), "its parent folder " + side->parent() + " is not there");
    }
    if (::access(side->parent().c_str(), W_OK | X_OK) != 0) {
      refuse_output(side->target(), "its parent folder " + side->parent() +
                                        " cannot be written: " + errno_text(errno));
    }
    if (path_exists(side->target()) && !fs::is_directory(side->target(), error)) {
      refuse_output(side->target(), "is there and is no folder");
    }
    if (options_.overwrite) side->check_may_be_removed();
    if (path_exists(side->target()) && is_mount_point(side->target())) {
      refuse_output(side->target(),
                    "is a mount point, which cannot be replaced; name a folder inside it");
    }
    if (path_exists(side->target()) && options_.overwrite &&
        !is_database_folder(side->target(), false)) {
      refuse_output(side->target(),
                    "holds files that are not an LMDB's; it will not be overwritten");
    }
    for (const std::string& path : {side->work(), side->old()}) {
      if (path_exists(path) && !is_database_folder(path, true)) {
        refuse_output(path, "is in the way, and is no unfinished conversion; move it away");
      }
    }
  }
  const fs::path images = fs::weakly_canonical(fs::absolute(images_.target()));
  const fs::path labels = fs::weakly_canonical(fs::absolute(labels_.target()));
  if (images == labels) {
    throw Error(ErrorKind::kOption,
                "the image DB and the label DB are the same path: " + images_.target());
  }
  for (const auto& [outer, inner] : {std::pair{images, labels}, std::pair{labels, images}}) {
    const fs::path relative = inner.lexically_relative(outer);
    if (*relative.begin() != "..") {
      throw Error(ErrorKind::kOption, inner.string() + " lies inside " + outer.string() +
                                          "; a DB needs its own folder");
    }
  }
}

PairTarget::State PairTarget::find_state() const {
  const bool image_partial = holds_store(images_.work());
  const bool label_partial = holds_store(labels_.work());
  if ((waits(images_) || waits(labels_)) && is_built(images_) && is_built(labels_)) {
    return State::kUnpublished;
  }
  if (image_partial || label_partial) return State::kUnfinished;
  if (path_exists(images_.target()) && path_exists(labels_.target())) return State::kPublished;
  return State::kNew;
}

void PairTarget::check_may_start(State found) const {
  const bool unfinished = found == State::kUnfinished || found == State::kUnpublished;
  for (const FolderSwap* side : {&images_, &labels_}) {
    if (found == State::kUnpublished || path_exists(side->target()) || !path_exists(side->old()))
      continue;
    refuse_output(side->old(), "is what a stopped --overwrite moved away; move it back to " +
                                   side->target() + ", or remove it");
  }
  if (options_.overwrite) return;
  const bool replaces = path_exists(images_.target()) || path_exists(labels_.target());
  if (unfinished && !options_.resume) {
    const FolderSwap& side = path_exists(images_.work()) ? images_ : labels_;
    refuse_output(side.target(), "an unfinished conversion is in " + side.work() + "; go on with " +
                                     (replaces ? "--resume --overwrite" : "--resume") +
                                     ", or start over with --overwrite alone");
  }
  // One of the targets that exist is half of this pair.
  if (found == State::kUnpublished && !(waits(images_) && waits(labels_))) return;
  if (found == State::kPublished && options_.resume) return;
  for (const FolderSwap* side : {&images_, &labels_}) {
    if (!path_exists(side->target())) continue;
    refuse_output(side->target(),
                  unfinished ? "exists; --resume --overwrite goes on and then replaces it"
                             : "exists; --overwrite replaces it once the new pair is complete");
  }
}

const std::string& PairTarget::complete_images() const { return complete_folder(images_); }
const std::string& PairTarget::complete_labels() const { return complete_folder(labels_); }

void PairTarget::publish() {
  for (const FolderSwap* side : {&images_, &labels_}) {
    if (!waits(*side) || !path_exists(side->target())) continue;
    if (options_.overwrite && is_database_folder(side->target(), false)) continue;
    refuse_output(side->target(),
                  "was made by something else during the conversion, which is complete in " +
                      side->work() + "; move it away and go on with --resume");
  }
  for (const char* working : {kJobFile, kJournalFile}) {
    ::unlink((images_.work() + working).c_str());
  }
  for (const FolderSwap* side : {&images_, &labels_}) {
    if (waits(*side)) side->move_target_away();
    sync_directory(side->parent());
  }
  for (const FolderSwap* side : {&images_, &labels_}) {
    if (waits(*side)) side->put_in_place();
    sync_directory(side->parent());
  }
  remove_leftovers();
  state_ = State::kPublished;
}

void PairTarget::remove_leftovers() {
  for (const FolderSwap* side : {&images_, &labels_}) {
    side->drop_published_lock();
    // Only what a complete DB has taken the place of.
    if (is_complete(side->target())) side->remove_old();
  }
}

void PairTarget::restart() {
  for (const FolderSwap* side : {&images_, &labels_}) side->empty_work();
  state_ = State::kNew;
}

void PairTarget::discard() noexcept {
  for (const FolderSwap* side : {&images_, &labels_}) side->discard_work();
}

}  // namespace caffe_multilabel
