// manifest.json, which stands in both DBs of a pair and tells how they were made. Caffe does not
// look at it. docs/en/format.md describes it for other programs.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/shape.h"
#include "list/record_list.h"
#include "record/digest.h"

namespace caffe_multilabel {

inline constexpr const char* kManifestFile = "/manifest.json";

// The number in "format". A DB with a higher one may hold what this version does not understand.
inline constexpr int kManifestFormat = 1;

// The values of "role".
inline constexpr const char* kImageRole = "images";
inline constexpr const char* kLabelRole = "labels";

// What decides the bytes of a pair: the list and the options, but not the number of threads or what
// to do about errors. Two runs with the same job may continue each other.
struct Job {
  Digest list_digest{};  // over paths and labels
  uint64_t list_records = 0;
  // The planes of several follow each other in an image record. In the file only where there are
  // several, as is the digest of the paths of all of them, by which a list is known that has the
  // same images in the same order: a key holds the first path alone. A relabelling leaves both.
  uint64_t images_per_record = 1;
  Digest path_digest{};
  uint64_t label_count = 0;
  Shape label_shape;
  std::string root;
  bool gray = false;
  int resize_width = 0;
  int resize_height = 0;
  bool encoded = false;
  std::string encode_type;
  bool trust = false;
  bool check_size = false;
  // In the file only where they are true.
  bool ramps = false;   // channels behind those of the image, see image/ramps.h
  bool canary = false;  // the label of each Datum is the record's number
  bool shuffle = false;
  std::optional<uint64_t> seed;  // with `shuffle` only
  std::vector<std::string> label_names;
  std::string label_schema = "null";  // JSON text: the tasks, or null
  std::string versions = "null";      // JSON text, see build_info()
};

// As it stands in job.json. Bytes of a path that are no UTF-8 are replaced.
std::string to_json(const Job& job);

// Nothing where the text is none of this version's.
std::optional<Job> parse_job(const std::string& text);

// Names the first option in which two jobs differ, "gray is true, was false"; empty when they do
// not.
std::string job_difference(const std::optional<Job>& before, const Job& now);

// What a conversion wrote of labels, which a relabelling changes.
struct ConvertedLabels {
  Digest list_digest{};
  uint64_t list_records = 0;
  Digest label_digest{};
};

struct Manifest {
  int format = kManifestFormat;
  std::string role;  // all else is the same in both DBs
  Job job;
  uint64_t records = 0;
  uint64_t rejected = 0;
  uint64_t passed_through = 0;  // encoded records that are the file's own bytes
  uint64_t reencoded = 0;
  // JPEGs whose data is whole, and images whose values are floats; each in the file only where
  // there are any.
  uint64_t without_end_marker = 0;
  uint64_t from_floats = 0;
  uint64_t image_bytes = 0;  // of values
  uint64_t label_bytes = 0;
  Digest image_digest{};  // of the records that are there now, see record/digest.h
  Digest label_digest{};
  std::optional<ConvertedLabels> converted;  // only after a relabelling
  // The text it was read from, so that keys which this version does not know stay in it.
  std::string source = "{}";

  // What the conversion wrote, however often its labels were made anew since.
  ConvertedLabels conversion() const;
};

// The whole file.
std::string to_json(const Manifest& manifest);

// Nothing where the text is another program's: no JSON, or an object without a whole number
// "format". Throws Error(kDatabase), naming `path`, for a manifest of a higher format and for one
// that is damaged, as JSON that is cut off or no object is; `key` of the error is what is wrong.
std::optional<Manifest> parse_manifest(const std::string& path, const std::string& text);

// What to make of a manifest.json that another program wrote.
enum class ForeignManifest {
  kIgnored,  // the DB counts as one of another tool
  kRefused,  // it would be replaced, so: Error(kDatabase)
};

// The manifest in a DB's folder, or nothing where there is none. Throws Error(kDatabase) as
// parse_manifest() does, and when the file cannot be read.
std::optional<Manifest> read_manifest(const std::string& directory,
                                      ForeignManifest foreign = ForeignManifest::kIgnored);

// Of the list that a pair was converted from: its position for each record number. Empty where
// numbers are positions.
std::vector<uint32_t> converted_positions(const Manifest& manifest);

// Whether a list of records of several images begins with the paths of the conversion, all of them
// in their order, so that positions in the two are the same.
bool lists_same_images(const Manifest& manifest, const RecordList& list);

// Whether two manifests stem from one conversion, however often either was relabelled since.
bool same_conversion(const Manifest& a, const Manifest& b);

// Versions of this tool and of the libraries that decide pixels and bytes, as JSON text.
std::string build_info();

}  // namespace caffe_multilabel
