#include "jobs/verify.h"

#include <algorithm>
#include <chrono>
#include <deque>
#include <memory>

#include "base/error.h"
#include "base/file.h"
#include "base/pipeline.h"
#include "base/text.h"
#include "image/match.h"
#include "jobs/channel_check.h"
#include "jobs/list_check.h"
#include "jobs/record_check.h"
#include "list/list_place.h"
#include "pair/manifest.h"
#include "pair/roles.h"
#include "record/digest.h"
#include "record/key.h"
#include "store/store.h"

namespace caffe_multilabel {
namespace {

constexpr size_t kShownProblems = 100;

// The two records of one position, and what became of them.
struct RecordPair {
  size_t position = 0;
  std::optional<StoredRecord> image;
  std::optional<StoredRecord> label;
  bool compare = false;

  std::optional<std::string> record_problem;
  std::optional<std::string> label_problem;
  std::optional<std::string> source_problem;
  bool encoded = false;
  Shape image_shape;
  Shape label_shape;
  std::vector<float> labels;
  Digest image_digest{};
  Digest label_digest{};
};

std::string text_of(const Mispaired& pair) {
  return "stands beside " + pair.label_key + " in the label DB (record " +
         std::to_string(pair.position) +
         (pair.records == 1 ? "" : ", the first of " + std::to_string(pair.records)) + ")";
}

class Verification {
 public:
  Verification(const VerifyOptions& options, const JobProgress& progress)
      : options_(options),
        progress_(progress),
        image_manifest_(read_manifest(options.image_db)),
        label_manifest_(read_manifest(options.label_db)),
        images_(open_reader(options.image_db)),
        labels_(open_reader(options.label_db)),
        total_(std::min(images_->entries(), labels_->entries())),
        checkers_(options.threads),
        matchers_(options.threads),
        images_per_record_(options.list != nullptr ? options.list->images_per_record()
                           : manifest()            ? manifest()->job.images_per_record
                                                   : 1),
        channels_(images_per_record_, manifest() && manifest()->job.ramps) {
    report_.images = images_->entries();
    report_.labels = labels_->entries();
    if (options.list != nullptr) {
      list_.emplace(*options.list, manifest() ? &*manifest() : nullptr);
    }
    check_root_has_list();
    choose_images();
  }

  VerifyReport run() {
    // Whatever else would be said of them is of no use.
    if (const auto wrong = misplaced(images_.get(), labels_.get())) {
      report_.add("pair", "", wrong->problem);
      return std::move(report_);
    }
    if (list_) list_->see_keys(labels_.get());
    if (report_.images != report_.labels) {
      report_.add("count", "",
                  "the image DB has " + counted(report_.images, "record") + ", the label DB " +
                      std::to_string(report_.labels) +
                      "; Caffe would pair them wrongly after the first epoch");
    }
    if (total_ == 0) report_.add("count", "", "there is no pair of records");
    OrderedPipeline<RecordPair>::Limits limits;
    limits.threads = options_.threads;
    limits.slots = std::max<size_t>(256, 8 * options_.threads);
    OrderedPipeline<RecordPair>(limits).run(
        [this](RecordPair& slot) { return take(&slot); },
        [this](size_t worker, RecordPair& slot) { return work(worker, &slot); },
        [this](RecordPair& slot) { drain(slot); }, [this] { report_progress(); });
    report_progress();
    check_walked("image", walked_images_, report_.images);
    check_walked("label", walked_labels_, report_.labels);
    channels_.finish(&report_);
    finish_keys();
    if (list_) list_->report_places(&report_);
    check_manifests();
    if (list_) list_->check_is_used_up(options_.image_db, &report_);
    return std::move(report_);
  }

 private:
  // Of either DB, which say the same of their conversion, or are reported.
  const std::optional<Manifest>& manifest() const {
    return label_manifest_ ? label_manifest_ : image_manifest_;
  }

  // The other images of records of several are known by the list alone.
  void check_root_has_list() const {
    if (!options_.root || options_.list != nullptr || images_per_record_ == 1) return;
    throw Error(ErrorKind::kOption, options_.image_db + ": its records hold " +
                                        std::to_string(images_per_record_) +
                                        " images, of which a key tells the first; reading them "
                                        "again (--root) wants the list (--list)");
  }

  void check_walked(const std::string& name, uint64_t walked, uint64_t said) {
    if (walked == said) return;
    report_.add("count", "",
                "the " + name + " DB says that it has " + counted(said, "record") + ", but " +
                    std::to_string(walked) + " can be read");
  }

  void choose_images() {
    if (!options_.root) return;
    const bool all = options_.sample == 0 || options_.sample >= total_;
    compare_.assign(total_, all);
    if (all) return;
    const auto order = record_order(total_, true, options_.seed);
    for (size_t i = 0; i < options_.sample; ++i) compare_[order[i]] = true;
  }

  // Both are walked to their ends: what a DB says of its size may be wrong.
  bool take(RecordPair* slot) {
    slot->position = next_;
    slot->image = images_->next();
    slot->label = labels_->next();
    walked_images_ += slot->image.has_value();
    walked_labels_ += slot->label.has_value();
    if (!slot->image || !slot->label) {
      while (slot->image && images_->next()) ++walked_images_;
      while (slot->label && labels_->next()) ++walked_labels_;
      return false;
    }
    ++next_;
    slot->compare = slot->position < compare_.size() && compare_[slot->position];
    return true;
  }

  size_t work(size_t worker, RecordPair* slot) {
    RecordChecker& checker = checkers_[worker];
    slot->record_problem = checker.check_image(slot->image->value, &slot->image_shape);
    slot->encoded = checker.image().encoded;
    slot->label_problem =
        checker.check_label(slot->label->value, options_.rules, &slot->label_shape, &slot->labels);
    slot->source_problem.reset();
    if (slot->compare && !slot->record_problem) compare_source(worker, slot);
    slot->image_digest = record_digest(slot->image->key, slot->image->value);
    slot->label_digest = record_digest(slot->label->key, slot->label->value);
    return 0;  // values stay in the map
  }

  void compare_source(size_t worker, RecordPair* slot) {
    if (images_per_record_ > 1) return compare_sources(worker, slot);
    const auto path = source_path(*slot);
    if (!path) {
      slot->source_problem = options_.list == nullptr
                                 ? "its key holds no path to compare with; a list would tell it"
                                 : "its key tells neither its path nor its line of the list";
      return;
    }
    const RecordChecker& checker = checkers_[worker];
    slot->source_problem = matchers_[worker].difference(join_path(*options_.root, *path),
                                                        checker.image(), checker.pixels());
  }

  void compare_sources(size_t worker, RecordPair* slot) {
    std::string problem;
    std::vector<std::string> files;
    for (const std::string_view path : list_->paths_of(slot->image->key, &problem)) {
      files.push_back(join_path(*options_.root, path));
    }
    if (files.empty()) {
      slot->source_problem = problem;
      return;
    }
    const RecordChecker& checker = checkers_[worker];
    slot->source_problem = matchers_[worker].difference(files, checker.image(), checker.pixels());
  }

  // Below the root; the list is asked where the key does not hold it.
  std::optional<std::string_view> source_path(const RecordPair& slot) const {
    const std::string_view key = slot.image->key;
    if (const auto parsed = parse_key(key)) return parsed->path;
    return list_ ? list_->path_of(key, slot.position) : std::nullopt;
  }

  void drain(const RecordPair& slot) {
    const std::string image_key = printable(slot.image->key);
    const std::string label_key = printable(slot.label->key);
    if (slot.record_problem) report_.add("image", image_key, *slot.record_problem);
    if (slot.label_problem) report_.add("label", label_key, *slot.label_problem);
    if (slot.source_problem) report_.add("picture", image_key, *slot.source_problem);
    check_keys(slot);
    if (!slot.record_problem) {
      channels_.add(image_key, slot.image_shape, slot.encoded, &report_);
    }
    check_label_shape(slot);
    report_.encoded += slot.encoded;
    if (slot.compare) report_.compared += images_per_record_;
    if (list_ && !slot.label_problem) check_line(slot);
    image_chain_ = chain(image_chain_, slot.image_digest);
    label_chain_ = chain(label_chain_, slot.label_digest);
    ++done_;
  }

  void check_line(const RecordPair& slot) {
    const std::string_view key = telling_key(slot.image->key, slot.label->key);
    if (const auto problem = list_->take(key, slot.position, slot.labels)) {
      report_.add("list", printable(slot.label->key), *problem);
    }
  }

  void check_keys(const RecordPair& slot) {
    if (const auto wrong = pairing_.add(slot.image->key, slot.label->key)) {
      report_.add("pair", wrong->image_key, text_of(*wrong));
    }
  }

  void finish_keys() {
    if (const auto wrong = pairing_.finish(images_.get(), labels_.get())) {
      report_.add("pair", wrong->image_key, text_of(*wrong));
    }
    report_.paired_by = pairing_.paired_by();
    report_.by_order = pairing_.by_order();
    report_.paths_in_keys = report_.by_order == 0 && report_.paired_by == PairedBy::kPath;
    if (report_.by_order == 0) return;
    const std::string tied = report_.by_order == done_ ? "the records of the two DBs"
                             : report_.by_order == 1
                                 ? "this pair of records"
                                 : counted(report_.by_order, "pair") + " of records";
    report_.warn("pair", pairing_.first_by_order()->image_key,
                 "cannot be compared with " + pairing_.first_by_order()->label_key +
                     ", the key beside it in the label DB, so nothing but the order ties " + tied);
  }

  void check_label_shape(const RecordPair& slot) {
    if (slot.label_problem) return;
    if (report_.label_shape == Shape{}) report_.label_shape = slot.label_shape;
    if (slot.label_shape == report_.label_shape) return;
    report_.add("label", printable(slot.label->key),
                "its shape is " + to_string(slot.label_shape) + ", the first label's is " +
                    to_string(report_.label_shape));
  }

  void check_manifests() {
    if (!image_manifest_ || !label_manifest_) return;
    report_.digests_checked = true;
    if (!same_conversion(*image_manifest_, *label_manifest_)) {
      report_.add("digest", "", "the manifests of the two DBs are of different conversions");
    } else if (label_manifest_->image_digest != image_chain_ ||
               label_manifest_->label_digest != label_chain_) {
      report_.add("digest", "",
                  "the records are not those that were written; a DB was changed or damaged");
    }
  }

  void report_progress() const {
    if (progress_) progress_(done_, total_);
  }

  const VerifyOptions& options_;
  const JobProgress& progress_;
  // Read before the DBs: a relabelling may put new ones in their place meanwhile.
  const std::optional<Manifest> image_manifest_;
  const std::optional<Manifest> label_manifest_;
  std::unique_ptr<RecordReader> images_;
  std::unique_ptr<RecordReader> labels_;
  const size_t total_;
  std::deque<RecordChecker> checkers_;  // one a worker
  std::deque<ImageMatcher> matchers_;
  std::optional<ListCheck> list_;
  const size_t images_per_record_;
  KeyPairing pairing_;
  ChannelCheck channels_;
  std::vector<bool> compare_;
  VerifyReport report_;
  size_t next_ = 0;
  uint64_t walked_images_ = 0;
  uint64_t walked_labels_ = 0;
  uint64_t done_ = 0;
  Digest image_chain_{};
  Digest label_chain_{};
};

}  // namespace

void VerifyReport::add(const std::string& kind, const std::string& key,
                       const std::string& message) {
  if (++problem_count <= kShownProblems) problems.push_back({kind, key, message});
}

void VerifyReport::warn(const std::string& kind, const std::string& key,
                        const std::string& message) {
  warnings.push_back({kind, key, message});
}

VerifyReport verify(const VerifyOptions& options, const JobProgress& progress) {
  const auto begin = std::chrono::steady_clock::now();
  check_store(options.image_db);
  check_store(options.label_db);
  VerifyReport report = Verification(options, progress).run();
  report.seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  return report;
}

}  // namespace caffe_multilabel
