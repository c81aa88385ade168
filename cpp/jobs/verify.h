// Proves that two LMDBs pair, and match a list, whoever wrote them.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/shape.h"
#include "jobs/progress.h"
#include "list/record_list.h"
#include "list/rule.h"

namespace caffe_multilabel {

struct VerifyOptions {
  std::string image_db;
  std::string label_db;
  // Labels must be those of this list, and each of its lines must have a record or be in the image
  // DB's rejects.tsv. Not owned; may be null.
  const RecordList* list = nullptr;
  // Images below this root are read again and compared; the path is in the key.
  std::optional<std::string> root;
  // How many images to compare, spread at random by `seed`; 0 is all.
  uint64_t sample = 0;
  uint64_t seed = 0;
  std::vector<LabelRule> rules;  // as in ListOptions
  size_t threads = 1;
};

struct VerifyProblem {
  // "count", "pair", "image", "label", "list", "picture" or "digest"
  std::string kind;
  std::string key;  // of the image record, or of the label record for "label"; empty for the whole
  std::string message;
};

struct VerifyReport {
  uint64_t images = 0;  // records
  uint64_t labels = 0;
  uint64_t encoded = 0;   // image records
  uint64_t compared = 0;  // images read again
  Shape label_shape;
  bool paths_in_keys = false;    // so that pairing was proven by name, not by order alone
  bool digests_checked = false;  // the DBs have manifests of this tool
  uint64_t problem_count = 0;
  std::vector<VerifyProblem> problems;  // the first 100
  double seconds = 0;

  void add(const std::string& kind, const std::string& key, const std::string& message);
};

// Throws Error when a DB cannot be opened or has a manifest that cannot be read, which one of a
// newer version cannot; everything else is a problem in the report.
VerifyReport verify(const VerifyOptions& options, const JobProgress& progress);

}  // namespace caffe_multilabel
