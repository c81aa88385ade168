#include "pair/label_target.h"

#include <sys/stat.h>

#include <cerrno>
#include <filesystem>
#include <system_error>
#include <vector>

#include "base/error.h"
#include "pair/manifest.h"
#include "store/store.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

// With any other file in it, a folder is not ours to replace.
void check_holds_only_a_database(const std::string& path) {
  const std::vector<std::string> names =
      database_names({kManifestFile, std::string(kManifestFile) + kNewFileEnd});
  std::error_code error;
  if (!path_exists(path)) return;
  if (!fs::is_directory(path, error)) refuse_output(path, "is no folder");
  if (const auto name = foreign_name(path, names, &error)) {
    refuse_output(
        path,
        "holds " + *name + ", which is no file of a label DB and would be lost; move it elsewhere");
  }
  if (error) refuse_output(path, "cannot be read: " + error.message());
}

// The folder itself: renaming a link would leave the DB that it points to as it is.
std::string resolved(const std::string& label_db) {
  std::string path = plain_path(label_db);
  constexpr int kMostLinks = 40;  // what Linux follows
  std::error_code error;
  for (int links = 0; links < kMostLinks && fs::is_symlink(path, error); ++links) {
    path = plain_path((fs::path(path).parent_path() / fs::read_symlink(path)).string());
  }
  const std::string name = fs::path(path).filename().string();
  if (name.empty() || name == "." || name == "..") {
    throw Error(ErrorKind::kOption,
                label_db + ": is no name of a folder that can be replaced; call it from outside");
  }
  return path;
}

}  // namespace

LabelTarget::LabelTarget(const std::string& label_db)
    : swap_(resolved(label_db), FolderSwap::kRelabelEnd,
            "a conversion or another relabelling is writing to it") {
  if (!path_exists(target()) && !path_exists(swap_.old())) refuse_output(target(), "is not there");
  swap_.lock();
  recover();
  if (::mkdir(work().c_str(), 0777) != 0) {
    refuse_output(work(), "cannot be made: " + errno_text(errno));
  }
}

void LabelTarget::close() {
  if (!swap_.is_locked()) return;
  std::error_code error;
  fs::remove_all(work(), error);
  swap_.unlock();
}

void LabelTarget::recover() const {
  if (!swap_.lock_is_alone()) {
    refuse_output(target(), "an unfinished conversion is in " + swap_.lock_folder() +
                                "; end it with convert_multilabel --resume, or remove that folder");
  }
  for (const std::string& path : {target(), work(), swap_.old()}) check_holds_only_a_database(path);
  if (is_mount_point(target()))
    refuse_output(target(), "is a mount point, which cannot be replaced");
  swap_.check_may_be_removed();
  if (!path_exists(target())) {
    rename_path(swap_.old(), target());
  } else if (holds_store(target())) {
    swap_.remove_old();
  }
  if (path_exists(work())) remove_tree(work());
}

void LabelTarget::publish() {
  swap_.move_target_away();
  try {
    swap_.put_in_place();
  } catch (const Error&) {
    rename_path(swap_.old(), target());
    throw;
  }
  sync_directory(swap_.parent());
  swap_.remove_old();
}

}  // namespace caffe_multilabel
