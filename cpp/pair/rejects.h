// rejects.tsv in the image DB: what a conversion left out, and why.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace caffe_multilabel {

inline constexpr const char* kRejectsFile = "/rejects.tsv";

struct RejectedLine {
  uint64_t line = 0;    // of the list, from 1
  std::string path;     // as it stands in the list
  std::string problem;  // without the path

  bool operator==(const RejectedLine& other) const {
    return line == other.line && path == other.path && problem == other.problem;
  }
};

// The whole file: a header and a row for each, with tabs between. Paths and problems are made
// printable(), so neither can hold a tab or the end of a line.
std::string rejects_table(const std::vector<RejectedLine>& rejects);

// What stands in such a file; paths and problems stay printable. Rows of another form are left out:
// the file is for people, who may add to it.
std::vector<RejectedLine> parse_rejects(const std::string& table);

// What an image DB's folder tells of its conversion; nothing where there is no such file. Throws
// Error(kOutput) when it cannot be read.
std::vector<RejectedLine> read_rejects(const std::string& directory);

}  // namespace caffe_multilabel
