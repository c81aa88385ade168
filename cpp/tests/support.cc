#include "tests/support.h"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <sstream>

namespace caffe_multilabel {

namespace fs = std::filesystem;

TemporaryDirectory::TemporaryDirectory() {
  path_ = (fs::temp_directory_path() / "caffe_multilabel_XXXXXX").string();
  if (::mkdtemp(path_.data()) == nullptr) throw Error(ErrorKind::kOutput, path_);
}

TemporaryDirectory::~TemporaryDirectory() {
  std::error_code error;
  fs::remove_all(path_, error);
}

std::string TemporaryDirectory::folder(std::string_view name) const {
  fs::create_directories(*this / name);
  return *this / name;
}

QuietStderr::QuietStderr() : kept_(stderr), kept_buffer_(std::cerr.rdbuf(nullptr)) {
  stderr = std::fopen("/dev/null", "w");
}

QuietStderr::~QuietStderr() {
  std::fclose(stderr);
  stderr = kept_;
  std::cerr.rdbuf(kept_buffer_);
}

bool exists(const std::string& path) { return fs::exists(fs::symlink_status(path)); }

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const fs::directory_entry& entry : fs::directory_iterator(directory)) {
    names.push_back(entry.path().filename().string());
  }
  std::sort(names.begin(), names.end());
  return names;
}

std::string read_file(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  EXPECT_TRUE(file) << path;
  std::ostringstream content;
  if (file.peek() != std::ifstream::traits_type::eof()) content << file.rdbuf();
  return content.str();
}

void write_file(const std::string& path, std::string_view content) {
  std::ofstream file(path, std::ios::binary);
  file << content << std::flush;
  EXPECT_TRUE(file) << path;
}

std::string golden_path(std::string_view name) {
  return std::string(GOLDEN_IMAGES) + "/" + std::string(name);
}

std::string golden(std::string_view name) { return read_file(golden_path(name)); }

std::vector<std::string> golden_names() {
  std::vector<std::string> names = names_in(GOLDEN_IMAGES);
  names.erase(
      std::remove_if(names.begin(), names.end(),
                     [](const std::string& name) { return fs::is_directory(golden_path(name)); }),
      names.end());
  return names;
}

testing::AssertionResult mentions(std::string_view text, std::string_view part) {
  if (text.find(part) != std::string_view::npos) return testing::AssertionSuccess();
  return testing::AssertionFailure() << "'" << text << "' does not mention '" << part << "'";
}

testing::AssertionResult same_bytes(std::string_view a, std::string_view b) {
  if (a == b) return testing::AssertionSuccess();
  const auto at = std::mismatch(a.begin(), a.end(), b.begin(), b.end()).first - a.begin();
  return testing::AssertionFailure()
         << a.size() << " and " << b.size() << " bytes, different from byte " << at << " on";
}

}  // namespace caffe_multilabel
