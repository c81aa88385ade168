#include "list/labelled_files.h"

#include <algorithm>
#include <string_view>
#include <system_error>

#include "base/error.h"
#include "base/text.h"
#include "list/line_reader.h"
#include "list/number.h"
#include "record/digest.h"

namespace caffe_multilabel {
namespace {

// The whole number that a text is; false for any other text.
bool is_integer(std::string_view text, int32_t* value) {
  constexpr std::string_view kAround = " \t";
  text.remove_prefix(std::min(text.find_first_not_of(kAround), text.size()));
  text = text.substr(0, text.find_last_not_of(kAround) + 1);
  return read_number(text, value) == std::errc();
}

}  // namespace

LabelledFiles read_labelled_files(const std::string& path) {
  LabelledFiles files;
  files.source = path;
  LineReader lines(path == "-" ? "./-" : path);  // which is a name to Caffe, too
  std::string_view line;
  while (lines.next(&line)) {
    const auto fail = [&](const std::string& problem) {
      std::string message = path + ": line " + std::to_string(lines.number());
      message.append(" ").append(problem).append("; a path, a blank and one integer are wanted");
      throw Error(ErrorKind::kList, message, path, lines.number());
    };
    if (line.empty()) fail("is empty");
    const size_t blank = line.rfind(' ');
    if (blank == std::string_view::npos) fail("has no label behind a blank: " + in_quotes(line));
    if (blank == 0) fail("has no path: " + in_quotes(line));
    const std::string_view label = line.substr(blank + 1);
    int32_t value = 0;
    if (!is_integer(label, &value)) fail("has " + in_quotes(label) + " for a label");
    files.paths.emplace_back(line.substr(0, blank));
    files.labels.push_back(value);
    files.digest = chain(files.digest, record_digest({}, line));
  }
  if (files.paths.empty()) {
    throw Error(ErrorKind::kList, path + ": the list is empty; it has to name an image a line",
                path);
  }
  return files;
}

}  // namespace caffe_multilabel
