// The manifest of a label DB that was relabelled.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "list/record_list.h"
#include "record/datum.h"
#include "record/digest.h"

namespace caffe_multilabel {

// What a relabelling wants to know of the label DB's manifest.
struct PriorManifest {
  std::string label_digest;
  uint64_t rejected = 0;
  // Of the list that the pair was converted from: its position for each record number. Empty where
  // numbers are positions.
  std::vector<uint32_t> positions;
};

// Throws Error(kDatabase), naming `path`, when the text is no manifest that this version knows.
PriorManifest read_prior_manifest(const std::string& path, const std::string& manifest);

// Whether two manifests stem from one conversion, however often either was relabelled since.
bool of_one_conversion(const std::string& a, const std::string& b);

// What came of a relabelling.
struct NewLabels {
  Digest digest{};
  uint64_t bytes = 0;  // of values
  Shape shape;
  std::string schema;  // JSON text
  std::vector<std::string> names;
};

// `manifest` with the new labels in it. The key "converted" keeps what the conversion wrote, so
// that the pair can still be told. `role` is "images" or "labels".
std::string relabelled_manifest(const std::string& manifest, const RecordList& list,
                                const NewLabels& labels, const std::string& role);

}  // namespace caffe_multilabel
