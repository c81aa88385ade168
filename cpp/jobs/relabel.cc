#include "jobs/relabel.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/file.h"
#include "base/problems.h"
#include "base/text.h"
#include "jobs/lines_by_number.h"
#include "list/line_assignment.h"
#include "pair/key_pairing.h"
#include "pair/manifest.h"
#include "pair/roles.h"
#include "pair/writer.h"
#include "record/digest.h"
#include "store/store.h"

namespace caffe_multilabel {
namespace {

[[noreturn]] void throw_database(const std::string& directory, const std::string& problem) {
  throw Error(ErrorKind::kDatabase, directory + ": " + problem, directory);
}

class Relabelling {
 public:
  Relabelling(const RecordList& list, const std::string& label_db, const RelabelOptions& options,
              const JobProgress& progress)
      : list_(list), label_db_(label_db), options_(options), progress_(progress) {
    report_.changed_columns.assign(list.label_count(), 0);
    report_.changed_groups.assign(options.groups.size(), 0);
  }

  RelabelReport run(LabelTarget* target) {
    read_manifests();
    assign_lines();
    check_extra_lines();
    write_labels(target);
    check_prior_digest();
    if (target != nullptr) publish(target);
    return std::move(report_);
  }

 private:
  void read_manifests() {
    require_role(label_db_, kLabelRole);
    if (!options_.image_db.empty()) require_role(options_.image_db, kImageRole);
    manifest_ = read_manifest(label_db_, ForeignManifest::kRefused);
    // Without it the image DB's manifest is not ours to write, and may be anybody's.
    if (!manifest_ || options_.image_db.empty()) return;
    const auto images = read_manifest(options_.image_db, ForeignManifest::kRefused);
    if (!images) return;
    if (!same_conversion(*manifest_, *images)) {
      throw_database(label_db_, "and " + options_.image_db + " are of different conversions");
    }
    has_image_manifest_ = true;
  }

  void assign_lines() {
    labels_ = open_reader(label_db_);
    std::unique_ptr<RecordReader> images;
    if (!options_.image_db.empty()) {
      images = open_reader(options_.image_db, Access::kKeys);
      if (images->entries() != labels_->entries()) {
        throw_database(label_db_, "has " + counted(labels_->entries(), "record") + ", " +
                                      options_.image_db + " has " +
                                      std::to_string(images->entries()));
      }
      require_paired_keys(images.get(), labels_.get(), LoneNumbers::kCount);
    }
    if (labels_->entries() == 0) throw_database(label_db_, "holds no records");
    if (list_.images_per_record() > 1) {
      assign_by_number(images.get());
    } else {
      assign_by_path(images.get());
    }
    report_.records = lines_.size();
  }

  void assign_by_path(RecordReader* images) {
    LineAssignment assignment(
        list_, manifest_ ? converted_positions(*manifest_) : std::vector<uint32_t>());
    ListPlaces places(list_.size(),
                      [&assignment](std::string_view path) { return assignment.holds(path); });
    while (const auto label = labels_->next()) places.see(label->key);
    labels_->rewind();
    for (size_t record = 0; const auto label = labels_->next(); ++record) {
      const auto image = images != nullptr ? images->next() : std::nullopt;
      const std::string_view key = image ? telling_key(image->key, label->key) : label->key;
      assignment.add(places.find(key, record), key);
    }
    report_.lines_by = assignment.placed_by();
    const bool by_number = report_.lines_by == PlacedBy::kNumber;
    if (by_number && places.may_count_from_one()) refuse_numbers();
    report_.counts_from_one = by_number && places.counts_from_one();
    lines_ = assignment.finish();
  }

  void assign_by_number(RecordReader* images) {
    const NumberedLines numbered =
        lines_by_number(list_, manifest_, label_db_, "; nothing was written");
    std::vector<bool> taken(list_.size());
    Problems problems;
    std::string problem;
    while (const auto label = labels_->next()) {
      const auto image = images != nullptr ? images->next() : std::nullopt;
      const std::string_view key = image ? telling_key(image->key, label->key) : label->key;
      auto line = numbered.find(key, &problem);
      if (line && taken[*line]) {
        problem = "another record has its number";
        line.reset();
      }
      if (!line) problems.add([&] { return printable(key) + ": " + problem; });
      if (line) taken[*line] = true;
      lines_.push_back(static_cast<uint32_t>(line.value_or(0)));
    }
    report_.lines_by = PlacedBy::kPath;
    if (problems.count() == 0) return;
    throw Error(ErrorKind::kList,
                counted(problems.count(), "record") +
                    by_count(problems.count(), " has no line of its", " have no line of their") +
                    " own in the list, nothing was written" + problems.text());
  }

  [[noreturn]] void refuse_numbers() const {
    throw Error(ErrorKind::kList,
                "the keys of " + label_db_ +
                    " are numbers from 1, and the list has more lines: "
                    "whether number 1 is the first line or the second cannot be told; nothing was "
                    "written (lines whose paths are the keys tell it)");
  }

  void check_extra_lines() {
    report_.extra_lines = list_.size() - lines_.size();
    const uint64_t allowed = manifest_ ? manifest_->rejected : 0;
    if (options_.allow_extra || report_.extra_lines <= allowed) return;
    std::vector<bool> used(list_.size());
    for (const uint32_t line : lines_) used[line] = true;
    Problems left_over;
    for (size_t i = 0; i < used.size(); ++i) {
      if (used[i]) continue;
      left_over.add([&] {
        return "line " + std::to_string(list_.line(i)) + ": " + printable(list_.path(i));
      });
    }
    throw Error(ErrorKind::kList,
                counted(report_.extra_lines, "line") + " of the list " +
                    by_count(report_.extra_lines, "belongs", "belong") +
                    " to no record, and the conversion rejected " + counted(allowed, "image") +
                    "; nothing was written (allow_extra leaves them out)" + left_over.text());
  }

  // Walks the old labels, counts what changes, and writes the new ones where there is a target.
  void write_labels(LabelTarget* target) {
    labels_->rewind();
    std::unique_ptr<RecordWriter> writer;
    if (target != nullptr) writer = open_writer(target->work(), PairWriter::kBytesPerCommit);
    DatumView old;
    std::string problem;
    std::string value;
    uint64_t done = 0;
    size_t pending = 0;
    while (const auto record = labels_->next()) {
      old_chain_ = chain(old_chain_, record_digest(record->key, record->value));
      const bool readable = parse_datum(record->value, &old, &problem);
      const std::vector<float> values = readable ? old.values() : std::vector<float>();
      if (done == 0) choose_shape(readable ? old.shape : Shape{}, values.size());
      const float* labels_now = list_.labels(lines_[done]);
      count_changes(values, labels_now);
      const bool numbered = manifest_ && manifest_->job.canary && readable;
      write_label_datum(report_.label_shape, labels_now,
                        numbered ? std::optional(old.label) : std::nullopt, &value);
      new_chain_ = chain(new_chain_, record_digest(record->key, value));
      new_bytes_ += value.size();
      if (writer) {
        writer->put(record->key, value);
        pending += value.size();
      }
      ++done;
      if (done % PairWriter::kRecordsPerCommit == 0 || pending >= PairWriter::kBytesPerCommit) {
        if (writer) writer->commit();
        pending = 0;
        if (progress_) progress_(done, lines_.size());
      }
    }
    if (progress_) progress_(done, lines_.size());
    if (!writer) return;
    writer->commit();
    writer->sync();
  }

  // `old` is the first record's, which another tool may have written: it may say anything.
  void choose_shape(const Shape& old, size_t old_label_count) {
    report_.old_label_count = old_label_count;
    const size_t count = list_.label_count();
    Shape shape = options_.label_shape;
    if (shape == Shape{}) {
      const bool has_planes = old.is_usable() && old.height * old.width > 1;
      shape = has_planes ? old : Shape{static_cast<int>(count), 1, 1};
    }
    if (!shape.is_usable() || shape.size() != count) {
      throw Error(ErrorKind::kOption, "label records of " + to_string(shape) + " do not hold " +
                                          counted(count, "label"));
    }
    report_.label_shape = shape;
  }

  void count_changes(const std::vector<float>& old, const float* labels) {
    changed_.assign(list_.label_count(), false);
    bool any = false;
    for (size_t column = 0; column < changed_.size(); ++column) {
      const size_t old_column = options_.old_columns[column];
      if (old_column >= report_.old_label_count) continue;
      const bool same = old_column < old.size() && old[old_column] == labels[column];
      changed_[column] = !same;
      report_.changed_columns[column] += !same;
      any = any || !same;
    }
    report_.changed_records += any;
    for (size_t group = 0; group < options_.groups.size(); ++group) {
      const std::vector<size_t>& columns = options_.groups[group];
      report_.changed_groups[group] += std::any_of(
          columns.begin(), columns.end(), [this](size_t column) { return changed_[column]; });
    }
  }

  // Keys that are not those of the conversion could pair the labels with other images.
  void check_prior_digest() const {
    if (!manifest_ || !options_.image_db.empty() || manifest_->label_digest == old_chain_) return;
    throw_database(label_db_,
                   "its records are not those that its manifest tells of; name the image DB too, "
                   "so that their keys can be compared");
  }

  void publish(LabelTarget* target) {
    check_written(target->work());
    if (manifest_) {
      replace_durably(target->work() + kManifestFile, to_json(relabelled(kLabelRole)));
    }
    sync_directory(target->work());
    target->publish();
    // From here on the new labels count. A kill before the next step leaves the image DB's manifest
    // as it was; it stems from the same conversion, and the next relabelling writes it.
    if (has_image_manifest_) write_image_manifest();
  }

  void check_written(const std::string& directory) const {
    const auto written = open_reader(directory);
    Digest digest{};
    uint64_t records = 0;
    for (; const auto record = written->next(); ++records) {
      digest = chain(digest, record_digest(record->key, record->value));
    }
    if (records == lines_.size() && digest == new_chain_) return;
    throw_database(directory, "does not hold what was written to it; is the disk failing?");
  }

  // The manifest with the new labels in it.
  Manifest relabelled(const std::string& role) const {
    Manifest manifest = *manifest_;
    manifest.converted = manifest_->conversion();
    manifest.role = role;
    manifest.job.list_digest = list_.digest();
    manifest.job.list_records = list_.size();
    manifest.job.label_count = list_.label_count();
    manifest.job.label_shape = report_.label_shape;
    manifest.job.label_names = options_.label_names;
    manifest.job.label_schema = options_.label_schema;
    manifest.label_bytes = new_bytes_;
    manifest.label_digest = new_chain_;
    return manifest;
  }

  void write_image_manifest() {
    try {
      const auto images = read_manifest(options_.image_db);
      if (!images || !same_conversion(*manifest_, *images)) return;
      replace_durably(options_.image_db + kManifestFile, to_json(relabelled(kImageRole)));
      report_.image_manifest_written = true;
    } catch (const Error&) {
      return;  // read-only, or the disk is full: as after a kill
    }
  }

  const RecordList& list_;
  const std::string& label_db_;
  const RelabelOptions& options_;
  const JobProgress& progress_;
  // One reader for keys and values: the lines are those of the records that it shows.
  std::unique_ptr<RecordReader> labels_;
  std::optional<Manifest> manifest_;  // of the label DB
  bool has_image_manifest_ = false;
  std::vector<uint32_t> lines_;
  std::vector<bool> changed_;
  Digest old_chain_{};
  Digest new_chain_{};
  uint64_t new_bytes_ = 0;  // of values
  RelabelReport report_;
};

}  // namespace

RelabelReport relabel(const RecordList& list, const std::string& label_db, LabelTarget* target,
                      const RelabelOptions& options, const JobProgress& progress) {
  const std::string& folder = target != nullptr ? target->target() : label_db;
  return Relabelling(list, folder, options, progress).run(target);
}

}  // namespace caffe_multilabel
