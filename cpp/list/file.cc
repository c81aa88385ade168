#include "list/file.h"

#include <algorithm>
#include <cstddef>
#include <optional>
#include <utility>

#include "base/error.h"
#include "base/text.h"
#include "list/diagnosis.h"
#include "list/gather.h"
#include "list/header.h"
#include "list/line_reader.h"

namespace caffe_multilabel {
namespace {

std::string labels_wanted(size_t found, size_t wanted) {
  return "has " + counted(found, "label") + ", want " + std::to_string(wanted);
}

// How many labels the first line has. In kSpace these are the fields at the end that look like
// labels of some column; one field at least is the path.
size_t count_labels(std::string_view line, ListFormat format, const ListOptions& options) {
  if (format != ListFormat::kSpace) {
    ListFields fields;
    std::string problem;
    const bool is_cut = cut_line(line, format, 0, &fields, &problem) &&
                        part_paths(options.images_per_record, &fields, &problem);
    return is_cut ? fields.labels.size() : 0;
  }
  const auto fields = blank_fields(line);
  const auto count_while = [&](const auto& is_label) {
    size_t count = 0;
    while (count + 1 < fields.size() && is_label(fields[fields.size() - 1 - count])) ++count;
    return count;
  };
  const size_t count = count_while([&](std::string_view field) {
    return parse_number(field) ||
           std::any_of(options.rules.begin(), options.rules.end(),
                       [field](const LabelRule& rule) { return rule.names.count(field) > 0; });
  });
  if (count >= options.rules.size()) return count;
  // Only where labels are missing: "yes", "no" and "-" may be words of a path as well.
  const size_t more = count_while([&](std::string_view field) {
    return std::any_of(options.rules.begin(), options.rules.end(),
                       [field](const LabelRule& rule) { return rule.recognises(field); });
  });
  return std::min(more, options.rules.size());
}

// Reads one list, line by line.
class ListParser {
 public:
  ListParser(const std::string& path, const ListOptions& options)
      : path_(path),
        source_(path == "-" ? "standard input" : path),
        options_(options),
        reader_(path, options.on_signal),
        problems_(source_, "line"),
        list_{RecordList(0), {}, options.format},
        paths_(options.images_per_record) {}

  ParsedList parse() {
    std::string_view line;
    std::optional<std::string> header;
    uint32_t header_number = 0;
    while (reader_.next(&line)) {
      if (trim(line).empty()) continue;
      if (options_.header == HeaderLine::kYes && !header) {
        if (is_number_alone(line)) refuse("the header is " + in_quotes(trim(line)) + kCountHint);
        header = line;
        header_number = reader_.number();
        continue;
      }
      if (!builder_) {
        settle(line);
        if (header) take_header(*header, header_number);
        if (shows_header(line)) {
          take_header(line, reader_.number());
          continue;
        }
        add_first(line);
      } else if (const auto problem = add(line)) {
        problems_.add(reader_.number(), *problem + names_hint());
      }
    }
    problems_.throw_if_any();
    if (builder_) list_.records = builder_->take();
    if (list_.records.size() == 0) {
      throw Error(ErrorKind::kList, source_ + ": holds no records", source_);
    }
    return std::move(list_);
  }

 private:
  // The first line that may be a record decides how lines are cut, and into how many labels.
  void settle(std::string_view line) {
    if (list_.format == ListFormat::kAuto) {
      list_.format = detect_format(path_, line);
      // The last cell of the first line may be blank. Blanks part no paths.
      const bool is_cut_at_tabs =
          options_.images_per_record > 1 && line.find('\t') != std::string_view::npos;
      if (list_.format == ListFormat::kSpace && is_cut_at_tabs) list_.format = ListFormat::kTab;
    }
    check_paths(line);
    label_count_ = options_.label_count;
    if (label_count_ == 0) label_count_ = count_labels(line, list_.format, options_);
    const size_t least = std::max<size_t>(options_.rules.size(), 1);
    if (label_count_ < least) {
      refuse(labels_wanted(label_count_, least) +
             (options_.rules.empty() ? " or more" : " for the tasks") +
             bits_hint(label_fields(line), least) +
             line_hint(line, list_.format, options_.header == HeaderLine::kAuto));
    }
    builder_.emplace(label_count_, options_.rules, std::vector<std::string>(),
                     options_.images_per_record);
  }

  // Whether the first line can have as many paths as a record has images.
  void check_paths(std::string_view line) {
    const size_t images = options_.images_per_record;
    if (images == 1) return;
    if (list_.format == ListFormat::kSpace) {
      refuse("the list is cut at blanks, which may stand in paths; records of " +
             std::to_string(images) + " images want tabs or commas between the fields" +
             line_hint(line, ListFormat::kTab, false));
    }
    std::string problem;
    if (!cut_line(line, list_.format, 0, &fields_, &problem) ||
        !part_paths(images, &fields_, &problem)) {
      refuse(problem + line_hint(line, list_.format, false));
    }
  }

  // Into paths and labels, as many of them as the line has; in kSpace as many as are wanted.
  bool cut(std::string_view line, std::string* problem) {
    return cut_line(line, list_.format, label_count_, &fields_, problem) &&
           part_paths(options_.images_per_record, &fields_, problem);
  }

  // The fields of a line that may be labels, however many are wanted.
  std::vector<std::string_view> label_fields(std::string_view line) {
    std::string problem;
    if (list_.format != ListFormat::kSpace) {
      cut(line, &problem);
      return fields_.labels;
    }
    auto fields = blank_fields(line);
    if (!fields.empty()) fields.erase(fields.begin());
    return fields;
  }

  // Of the line that was read last.
  [[noreturn]] void refuse(const std::string& problem) const {
    throw Error(ErrorKind::kList,
                source_ + ", line " + std::to_string(reader_.number()) + ": " + problem, source_,
                reader_.number());
  }

  bool shows_header(std::string_view line) {
    std::string problem;
    return options_.header == HeaderLine::kAuto && list_.format != ListFormat::kSpace &&
           cut(line, &problem) && is_header(fields_, builder_->rules());
  }

  void take_header(std::string_view line, uint32_t number) {
    std::string problem;
    if (!cut(line, &problem)) {
      return problems_.add(number, "the header: " + problem + path_name_hint(line));
    }
    list_.header.assign(fields_.labels.begin(), fields_.labels.end());
    if (list_.header.size() != label_count_) {
      problems_.add(number, "the header " + labels_wanted(list_.header.size(), label_count_) +
                                path_name_hint(line));
    } else if (const auto misplaced = path_names_problem(fields_)) {
      problems_.add(number, *misplaced);
    } else if (const auto mismatch = header_problem(list_.header, builder_->rules())) {
      problems_.add(number, *mismatch);
    }
  }

  const char* path_name_hint(std::string_view line) const {
    const size_t names =
        list_.format == ListFormat::kSpace ? blank_fields(line).size() : list_.header.size() + 1;
    return names == label_count_ && names > 1 ? kPathNameHint : "";
  }

  void add_first(std::string_view line) {
    auto problem = add(line);
    if (!problem) return;
    const bool is_text = text_kind(line, list_.format).empty();
    const bool is_header = is_text && options_.header == HeaderLine::kAuto &&
                           may_be_header(fields_, builder_->rules());
    const std::string hint = is_number_alone(line) ? kCountHint
                             : is_header           ? kHeaderHint
                                                   : names_hint();
    problems_.add(reader_.number(), *problem + hint);
  }

  // Gives the problem of a line that is no record.
  std::optional<std::string> add(std::string_view line) {
    std::string problem;
    unread_.reset();
    if (!cut(line, &problem)) {
      return problem + bits_hint(label_fields(line), label_count_) + hint(line);
    }
    if (fields_.labels.size() != label_count_) {
      return labels_wanted(fields_.labels.size(), label_count_) +
             bits_hint(fields_.labels, label_count_) + number_for_path() + hint(line);
    }
    if (list_.format == ListFormat::kSpace) {
      if (auto wrong = separator_problem(fields_.path)) return wrong;
      if (auto wrong = trailing_label(fields_.path)) return *wrong + unread_label() + hint(line);
    }
    paths_.front() = fields_.path;
    std::copy(fields_.other_paths.begin(), fields_.other_paths.end(), paths_.begin() + 1);
    auto wrong =
        builder_->add(paths_.data(), reader_.number(), [&](size_t column, std::string* why) {
          const auto value = builder_->rules()[column].read(fields_.labels[column], why);
          if (!value) {
            unread_ = column;
            if (problems_.shows_next()) {
              *why += builder_->rules()[column].suggestion(fields_.labels[column]);
              if (!numbers_told_ && builder_->rules()[column].may_be_name(fields_.labels[column])) {
                *why += kNumbersHint;
                numbers_told_ = true;
              }
            }
          }
          return value;
        });
    if (wrong) *wrong += hint(line);
    return wrong;
  }

  // Where a line has too few labels, a number among its paths may be one of them.
  std::string number_for_path() const {
    if (fields_.labels.size() > label_count_) return "";
    for (size_t image = 1; image <= fields_.other_paths.size(); ++image) {
      const std::string_view path = fields_.other_paths[image - 1];
      if (!parse_number(path)) continue;
      return "; path " + std::to_string(image + 1) + " would be " + in_quotes(path) +
             ": does the line have " + std::to_string(options_.images_per_record) + " paths?";
    }
    return "";
  }

  // Beside another problem of a line, what is wrong with the first label that cannot be read.
  std::string unread_label() const {
    std::string why;
    for (size_t column = 0; column < label_count_; ++column) {
      if (builder_->rules()[column].read(fields_.labels[column], &why)) continue;
      return "; label " + std::to_string(column + 1) + ": " + why;
    }
    return "";
  }

  // What kind of text a bad line is, where the bad line before it was of another kind.
  std::string hint(std::string_view line) {
    std::string kind = text_kind(line, list_.format);
    if (kind == last_kind_) return "";
    last_kind_ = std::move(kind);
    return last_kind_.empty() ? "" : text_hint(line, last_kind_);
  }

  // Once for all lines: what takes names, where no task tells of the column.
  std::string names_hint() {
    if (names_told_ || !unread_ || !last_kind_.empty()) return "";
    if (!builder_->rules()[*unread_].task.empty()) return "";
    if (!is_class_name(fields_.labels[*unread_])) return "";
    names_told_ = true;
    return std::string("; ") + kNamesHint;
  }

  const std::string path_;
  const std::string source_;
  const ListOptions& options_;
  LineReader reader_;
  BadLines problems_;
  ParsedList list_;
  std::optional<RecordGatherer> builder_;
  size_t label_count_ = 0;
  ListFields fields_;  // of the line that was cut last
  std::vector<std::string_view> paths_;
  std::optional<size_t> unread_;  // its first column whose label cannot be read
  bool names_told_ = false;
  bool numbers_told_ = false;
  std::string last_kind_;
};

}  // namespace

ParsedList read_list(const std::string& path, const ListOptions& options) {
  return ListParser(path, options).parse();
}

RecordList make_list(const std::vector<std::string>& paths, const float* labels, size_t label_count,
                     const std::vector<LabelRule>& rules, size_t images_per_record) {
  if (paths.empty()) throw Error(ErrorKind::kList, "there are no records");
  const size_t least = std::max<size_t>(rules.size(), 1);
  if (label_count < least) {
    throw Error(ErrorKind::kList, "a record " + labels_wanted(label_count, least));
  }
  BadLines problems("records", "record");
  RecordGatherer builder(label_count, rules, {}, images_per_record);
  std::vector<std::string_view> own(images_per_record);
  for (size_t record = 0; record < paths.size() / images_per_record; ++record) {
    const auto number = static_cast<uint32_t>(record + 1);
    std::copy_n(paths.begin() + static_cast<std::ptrdiff_t>(record * images_per_record),
                images_per_record, own.begin());
    const auto problem = builder.add(own.data(), number, [&](size_t column, std::string* why) {
      return builder.rules()[column].check(labels[record * label_count + column], why);
    });
    if (problem) problems.add(number, *problem);
  }
  problems.throw_if_any();
  return builder.take();
}

}  // namespace caffe_multilabel
