// Which of the two DBs of a pair is which: the image DB must not be read as the label DB.
#pragma once

#include <optional>
#include <string>

#include "store/store.h"

namespace caffe_multilabel {

// Throws Error(kDatabase) when the manifest in a DB's folder gives it another role, and as
// read_manifest() does. A DB without a manifest may be anything.
void require_role(const std::string& directory, const std::string& role);

struct Misplacement {
  std::string problem;
  std::string directory;  // the DB that it is about: the image DB where it is about both
};

// Why two DBs are no image DB and label DB: they are one and the same, their manifests say so, or
// the first is one of vectors and the second one of images, by their first records. Nothing
// where they may be a pair. Both readers stand at their beginning, before and after.
std::optional<Misplacement> misplaced(RecordReader* images, RecordReader* labels);

// Throws Error(kDatabase) for what misplaced() says.
void require_image_and_label_db(RecordReader* images, RecordReader* labels);

}  // namespace caffe_multilabel
