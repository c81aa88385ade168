#include "jobs/convert.h"

#include <chrono>
#include <filesystem>
#include <optional>
#include <system_error>

#include "base/error.h"
#include "base/file.h"
#include "base/pipeline.h"
#include "base/text.h"
#include "jobs/conversion.h"
#include "pair/rejects.h"
#include "record/key.h"
#include "store/store.h"

namespace caffe_multilabel {
namespace {

using Clock = std::chrono::steady_clock;

void check_options(const RecordList& records, const ConvertOptions& options) {
  options.image.validate(records.images_per_record());
  if (records.size() == 0) throw Error(ErrorKind::kList, "there are no records");
  check_threads(options.threads);  // before anything of the target is touched
  const Shape& shape = options.label_shape;
  if (!shape.is_usable() || shape.size() != records.label_count()) {
    throw Error(ErrorKind::kOption, "label_shape " + to_string(shape) + " does not hold " +
                                        counted(records.label_count(), "label"));
  }
}

// The renames come after this: what is wrong with the files shows here, not in a training run.
void check_written(const PairTarget& target, uint64_t records) {
  const auto images = open_reader(target.image_partial(), Access::kKeys);
  const auto labels = open_reader(target.label_partial(), Access::kKeys);
  uint64_t count = 0;
  for (;; ++count) {
    const auto image = images->next();
    const auto label = labels->next();
    if (!image && !label) break;
    const auto image_parts = image ? parse_key(image->key) : std::nullopt;
    const auto label_parts = label ? parse_key(label->key) : std::nullopt;
    if (!image_parts || image_parts->kind != KeyKind::kImage || !label_parts ||
        label_parts->kind != KeyKind::kLabel || !same_record(*image_parts, *label_parts)) {
      throw Error(ErrorKind::kDatabase, target.image_partial() + ": record " +
                                            std::to_string(count) + " does not pair with " +
                                            target.label_partial());
    }
  }
  if (count != records) {
    throw Error(ErrorKind::kDatabase, target.image_partial() + ": holds " +
                                          counted(count, "record") + " of " +
                                          std::to_string(records) + " written");
  }
}

void check_same_job(const std::string& directory, const std::optional<Job>& before,
                    const Job& now) {
  const std::string difference = job_difference(before, now);
  if (difference.empty()) return;
  throw Error(
      ErrorKind::kOutput,
      directory + ": holds another conversion (" + difference + "); start over with --overwrite",
      directory);
}

Manifest make_manifest(const Job& job, const Tally& tally, uint64_t rejected) {
  Manifest manifest;
  manifest.job = job;
  manifest.records = tally.records;
  manifest.rejected = rejected;
  manifest.passed_through = tally.passed_through;
  manifest.reencoded = tally.reencoded;
  manifest.without_end_marker = tally.without_end_marker;
  manifest.from_floats = tally.from_floats;
  manifest.image_bytes = tally.image_bytes;
  manifest.label_bytes = tally.label_bytes;
  manifest.image_digest = tally.images;
  manifest.label_digest = tally.labels;
  return manifest;
}

ConvertReport report_of(const Manifest& manifest) {
  ConvertReport report;
  report.total = manifest.job.list_records;
  report.converted = manifest.records;
  report.rejected = manifest.rejected;
  report.passed_through = manifest.passed_through;
  report.reencoded = manifest.reencoded;
  report.without_end_marker = manifest.without_end_marker;
  report.from_floats = manifest.from_floats;
  report.image_bytes = manifest.image_bytes;
  report.label_bytes = manifest.label_bytes;
  return report;
}

// Its manifest says that it is complete, and its file may have been damaged since.
void check_complete(const std::string& directory, uint64_t records) {
  const uint64_t found = open_reader(directory, Access::kKeys)->entries();
  if (found == records) return;
  throw Error(ErrorKind::kDatabase,
              directory + ": holds " + counted(found, "record") + ", its manifest tells of " +
                  std::to_string(records),
              directory);
}

// A resumed run that finds the pair complete has at most the renames to do.
ConvertReport finish_complete(PairTarget* target, const Job& job) {
  const std::string& directory = target->complete_images();
  const auto images = read_manifest(directory);
  check_same_job(directory, images ? std::optional(images->job) : std::nullopt, job);
  const std::string& label_directory = target->complete_labels();
  const auto labels = read_manifest(label_directory);
  if (!labels || !same_conversion(*images, *labels)) {
    throw Error(ErrorKind::kOutput,
                label_directory + ": does not belong to " + directory + ", their manifests differ",
                label_directory);
  }
  ConvertReport report = report_of(*images);
  check_complete(directory, report.converted);
  check_complete(label_directory, report.converted);
  if (target->state() == PairTarget::State::kUnpublished) target->publish();
  report.already_complete = true;
  report.resumed_at = report.total;
  return report;
}

bool holds_records(const PairTarget& target) {
  std::error_code error;  // an empty journal has no commit behind it
  const auto size = std::filesystem::file_size(target.image_partial() + kJournalFile, error);
  return !error && size > 0;
}

ConvertReport complete(PairTarget* target, const Conversion& conversion, const Job& job) {
  check_written(*target, conversion.tally().records);
  conversion.report_progress();  // the last moment to stop with nothing published
  const std::vector<RejectedLine> rejected = conversion.rejected_lines();
  if (!rejected.empty()) {
    replace_durably(target->image_partial() + kRejectsFile, rejects_table(rejected));
  }
  Manifest manifest = make_manifest(job, conversion.tally(), rejected.size());
  manifest.role = kImageRole;
  replace_durably(target->image_partial() + kManifestFile, to_json(manifest));
  // The label DB's manifest is written last: with it the pair counts as complete.
  manifest.role = kLabelRole;
  replace_durably(target->label_partial() + kManifestFile, to_json(manifest));
  target->publish();
  ConvertReport report = report_of(manifest);
  report.resumed_at = conversion.start();
  report.other_sizes = conversion.other_sizes();
  return report;
}

}  // namespace

Job describe_job(const RecordList& records, const ConvertOptions& options) {
  const ImageOptions& image = options.image;
  Job job;
  job.list_digest = records.digest();
  job.list_records = records.size();
  job.images_per_record = records.images_per_record();
  if (job.images_per_record > 1) job.path_digest = records.path_digest(records.size());
  job.label_count = records.label_count();
  job.label_shape = options.label_shape;
  job.root = options.root;
  job.gray = image.gray;
  job.resize_width = image.resize_width;
  job.resize_height = image.resize_height;
  job.encoded = image.stores_encoded();
  job.encode_type = image.encode_type;
  job.trust = image.trust;
  job.check_size = options.check_size;
  job.shuffle = options.shuffle;
  if (options.shuffle) job.seed = options.seed;
  job.label_names = options.label_names;
  job.label_schema = options.label_schema;
  job.ramps = image.ramps;
  job.canary = options.canary;
  job.versions = build_info();
  return job;
}

ConvertReport convert(const RecordList& records, const ConvertOptions& given,
                      const ConvertCallback& progress) {
  const Clock::time_point begin = Clock::now();
  ConvertOptions options = given;
  if (options.label_shape == Shape{}) {
    options.label_shape = {static_cast<int>(records.label_count()), 1, 1};
  }
  check_options(records, options);
  const Job job = describe_job(records, options);
  PairTarget target(options.target);

  ConvertReport report;
  if (target.state() == PairTarget::State::kPublished ||
      target.state() == PairTarget::State::kUnpublished) {
    report = finish_complete(&target, job);
  } else {
    const std::string job_path = target.image_partial() + kJobFile;
    std::string before;
    const bool resumed =
        target.state() == PairTarget::State::kUnfinished && read_small_file(job_path, &before);
    if (resumed) {
      check_same_job(target.image_partial(), parse_job(before), job);
    } else {
      target.restart();
      write_durably(job_path, to_json(job));
    }
    // What was committed stays for a run with resume; what never got that far is taken away.
    bool worth_keeping = resumed;
    try {
      Conversion conversion(records, options, progress, target);
      conversion.check_space(target);
      conversion.run();
      worth_keeping = true;
      report = complete(&target, conversion, job);
    } catch (...) {
      if (!worth_keeping && !holds_records(target)) target.discard();
      throw;
    }
  }
  if (report.rejected > 0) report.rejects_path = target.image_target() + kRejectsFile;
  report.seconds = std::chrono::duration<double>(Clock::now() - begin).count();
  return report;
}

}  // namespace caffe_multilabel
