#include "pair/roles.h"

#include <filesystem>
#include <system_error>

#include "base/error.h"
#include "pair/manifest.h"
#include "record/datum.h"

namespace caffe_multilabel {
namespace {

constexpr const char* kWayOut = "; give the image DB first, then the label DB";

bool has_other_role(const std::string& directory, const std::string& role) {
  const auto manifest = read_manifest(directory);
  if (!manifest) return false;
  const bool known = manifest->role == kImageRole || manifest->role == kLabelRole;
  return known && manifest->role != role;
}

std::string role_problem(const std::string& directory, const std::string& role) {
  const bool images = role == kImageRole;
  return directory + ": is " + (images ? "a label DB" : "an image DB") +
         ", as its manifest says, and is given as " + (images ? "an image DB" : "a label DB");
}

bool is_one_folder(const std::string& a, const std::string& b) {
  std::error_code ignored;
  return std::filesystem::equivalent(a, b, ignored);
}

// Whether the first record is a Datum, which it becomes.
bool read_first(RecordReader* reader, DatumView* datum) {
  const auto record = reader->next();
  reader->rewind();
  std::string ignored;
  return record && parse_datum(record->value, datum, &ignored);
}

bool is_colour_or_gray(const DatumView& datum) {
  return datum.shape.channels == 1 || datum.shape.channels == 3;
}

// Of floats, or of bytes as scripts write labels of 0 to 255. One byte or three may be a pixel.
bool is_vector(const DatumView& datum) {
  if (datum.encoded || datum.shape.height != 1 || datum.shape.width != 1) return false;
  return datum.data.empty() ? !datum.float_data.empty() : !is_colour_or_gray(datum);
}

bool is_image(const DatumView& datum) {
  const bool has_area = datum.shape.height > 1 || datum.shape.width > 1;
  return datum.encoded || (!datum.data.empty() && is_colour_or_gray(datum) && has_area);
}

}  // namespace

void require_role(const std::string& directory, const std::string& role) {
  if (!has_other_role(directory, role)) return;
  throw Error(ErrorKind::kDatabase, role_problem(directory, role), directory, 0, "role");
}

std::optional<Misplacement> misplaced(RecordReader* images, RecordReader* labels) {
  const std::string& image_db = images->directory();
  const std::string& label_db = labels->directory();
  if (is_one_folder(image_db, label_db)) {
    return Misplacement{image_db + ": is given both as the image DB and as the label DB", image_db};
  }
  const bool wrong_images = has_other_role(image_db, kImageRole);
  const bool wrong_labels = has_other_role(label_db, kLabelRole);
  if (wrong_images && wrong_labels) {
    return Misplacement{image_db + " is the label DB and " + label_db +
                            " the image DB, as their manifests say" + kWayOut,
                        image_db};
  }
  if (wrong_images) return Misplacement{role_problem(image_db, kImageRole), image_db};
  if (wrong_labels) return Misplacement{role_problem(label_db, kLabelRole), label_db};
  DatumView image;
  DatumView label;
  if (read_first(images, &image) && read_first(labels, &label) && is_vector(image) &&
      is_image(label)) {
    return Misplacement{image_db + " holds vectors of numbers and " + label_db +
                            " holds images, so they are swapped" + kWayOut,
                        image_db};
  }
  return std::nullopt;
}

void require_image_and_label_db(RecordReader* images, RecordReader* labels) {
  if (const auto wrong = misplaced(images, labels)) {
    throw Error(ErrorKind::kDatabase, wrong->problem, wrong->directory);
  }
}

}  // namespace caffe_multilabel
