#include "jobs/missing_image.h"

#include <filesystem>
#include <optional>
#include <system_error>

#include "base/file.h"
#include "base/text.h"
#include "list/diagnosis.h"

namespace caffe_multilabel {
namespace {

namespace fs = std::filesystem;

constexpr int kMostAbove = 16;
constexpr int kMostEntries = 10000;

bool holds(const fs::path& root, const std::string& path) {
  return path_exists(join_path(root.string(), path));
}

// The folder above, of a path as it is spelled: "a" of "a/b", "." of "a", ".." of ".".
fs::path folder_above(const fs::path& folder) {
  const fs::path name = folder.filename();
  if (name == ".") return "..";
  if (name == "..") return folder / "..";
  return folder.has_parent_path() ? folder.parent_path() : fs::path(".");
}

// The root folder from which the path leads to a file: one above `root`, or one in it.
std::optional<std::string> other_root(const std::string& root, const std::string& path) {
  fs::path folder = fs::path(root).lexically_normal();
  if (!folder.has_filename()) folder = folder.parent_path();
  for (int i = 0; i < kMostAbove && folder != folder.root_path(); ++i) {
    folder = folder_above(folder);
    if (holds(folder, path)) return folder.string();
  }
  std::optional<std::string> first;
  std::error_code error;
  int left = kMostEntries;
  for (fs::directory_iterator entry(root, error), end; !error && entry != end && left-- > 0;
       entry.increment(error)) {
    const std::string inner = join_path(root, entry->path().filename().string());
    if (holds(inner, path) && (!first || inner < *first)) first = inner;
  }
  return first;
}

// How much of the beginning of a path is too much: without it there is a file.
size_t superfluous(const std::string& root, const std::string& path) {
  for (size_t at = path.find('/'); at != std::string::npos; at = path.find('/', at + 1)) {
    if (at + 1 < path.size() && path[at + 1] != '/' && holds(root, path.substr(at + 1))) {
      return at + 1;
    }
  }
  return 0;
}

}  // namespace

std::string missing_hint(const std::string& root, const std::string& path) {
  if (path_exists(join_path(root, path))) return "";
  std::error_code error;
  if (!root.empty() && !fs::is_directory(root, error)) {
    return "; the root folder " + printable(root) + " is no folder";
  }
  if (path.find('\r') != std::string::npos) {
    return "; the lines of the list end in carriage returns alone, they must end in line feeds";
  }
  if (path.find('\\') != std::string::npos) {
    return "; the path has backslashes, folders are parted by / here";
  }
  const bool absolute = path.front() == '/';
  const bool has_root = !root.empty() && root != "/";
  if (!absolute && !root.empty()) {
    if (const auto other = other_root(root, path)) {
      return "; it is there from the root folder " + printable(*other);
    }
  }
  const size_t extra = absolute && !has_root ? 0 : superfluous(root, path);
  const std::string way_out = "leave " + in_quotes(path.substr(0, extra)) + " out of the paths";
  if (absolute && has_root) {
    const bool is_there = extra == 0 || path_exists(path);
    return "; the path is absolute, and the root folder stands before it: " +
           (is_there ? "give / as the root folder" : way_out);
  }
  if (extra > 0) {
    return "; there is " + printable(join_path(root, path.substr(extra))) + ": " + way_out;
  }
  return strange_path_hint(path);
}

std::string blanks_hint(const std::string& root, std::string_view path) {
  const std::string name(path);
  for (const std::string& spelled : {" " + name, name + " "}) {
    if (!path_exists(join_path(root, spelled))) continue;
    return "; there is " + in_quotes(spelled) +
           ", but blanks around a path are left out, except in the quotes of a CSV";
  }
  return "";
}

}  // namespace caffe_multilabel
