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
#include "pair/key_pairing.h"

namespace caffe_multilabel {

struct VerifyOptions {
  std::string image_db;
  std::string label_db;
  // Labels must be those of this list, and each of its lines must have a record or be in the image
  // DB's rejects.tsv. Not owned; may be null.
  const RecordList* list = nullptr;
  // Images below this root are read again and compared; the path is in the key, or on the line of
  // the list that the key tells.
  std::optional<std::string> root;
  // How many images to compare, spread at random by `seed`; 0 is all.
  uint64_t sample = 0;
  uint64_t seed = 0;
  std::vector<LabelRule> rules;  // as in ListOptions
  size_t threads = 1;
};

// Or a warning.
struct VerifyProblem {
  // "count", "pair", "image", "label", "list", "picture" or "digest"
  std::string kind;
  // Of the image record, or of the label record for "label" and "list"; empty for the whole.
  std::string key;
  std::string message;
};

struct VerifyReport {
  uint64_t images = 0;  // records
  uint64_t labels = 0;
  uint64_t encoded = 0;   // image records
  uint64_t compared = 0;  // images read again
  Shape label_shape;
  bool paths_in_keys = false;             // of every record, so that pairing was proven by them
  PairedBy paired_by = PairedBy::kOrder;  // the weakest of what was compared
  uint64_t by_order = 0;                  // pairs of records that nothing ties but their order
  bool digests_checked = false;           // the DBs have manifests of this tool
  uint64_t problem_count = 0;
  std::vector<VerifyProblem> problems;  // the first 100
  std::vector<VerifyProblem> warnings;  // what was not proven, or may not be meant
  double seconds = 0;

  void add(const std::string& kind, const std::string& key, const std::string& message);
  void warn(const std::string& kind, const std::string& key, const std::string& message);
};

// Throws Error when a DB cannot be opened or has a manifest that cannot be read, which one of a
// newer version cannot; everything else is a problem in the report.
VerifyReport verify(const VerifyOptions& options, const JobProgress& progress);

}  // namespace caffe_multilabel
