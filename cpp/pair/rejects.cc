#include "pair/rejects.h"

#include <charconv>
#include <sstream>
#include <utility>

#include "base/file.h"
#include "base/text.h"
#include "record/key.h"

namespace caffe_multilabel {

std::string rejects_table(const std::vector<RejectedLine>& rejects) {
  std::string table = "line\tpath\tproblem\n";
  for (const RejectedLine& reject : rejects) {
    table += std::to_string(reject.line) + "\t" + printable(reject.path) + "\t" +
             printable(reject.problem) + "\n";
  }
  return table;
}

std::vector<RejectedLine> parse_rejects(const std::string& table) {
  std::vector<RejectedLine> rejects;
  std::istringstream rows(table);
  std::string row;
  while (std::getline(rows, row)) {
    const size_t path = row.find('\t');
    const size_t problem = path == std::string::npos ? path : row.find('\t', path + 1);
    if (problem == std::string::npos) continue;
    RejectedLine reject;
    const char* end = row.data() + path;
    const auto number = std::from_chars(row.data(), end, reject.line);
    if (number.ec != std::errc() || number.ptr != end) continue;  // the header too
    reject.path = row.substr(path + 1, problem - path - 1);
    reject.problem = row.substr(problem + 1);
    rejects.push_back(std::move(reject));
  }
  return rejects;
}

std::vector<RejectedLine> read_rejects(const std::string& directory) {
  std::string table;
  if (!read_small_file(directory + kRejectsFile, &table)) return {};
  return parse_rejects(table);
}

}  // namespace caffe_multilabel
