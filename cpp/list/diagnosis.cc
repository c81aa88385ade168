#include "list/diagnosis.h"

#include <algorithm>
#include <vector>

#include "base/text.h"
#include "list/rule.h"

namespace caffe_multilabel {
namespace {

constexpr std::string_view kDigits = "0123456789";

std::string quoted(std::string_view text) {
  constexpr size_t kShown = 60;
  const std::string cut = text.size() > kShown ? "..." : "";
  return "'" + printable(text.substr(0, kShown)) + cut + "'";
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

bool is_decimal_comma(std::string_view field) {
  const size_t comma = field.find(',');
  if (comma == std::string_view::npos) return false;
  const std::string_view whole = field.substr(field.front() == '-' || field.front() == '+');
  return is_digits(whole.substr(0, whole.find(','))) && is_digits(field.substr(comma + 1));
}

bool is_truth(std::string_view field) {
  constexpr std::string_view kWords[] = {"true", "false", "yes", "no"};
  std::string small(field);
  for (char& c : small) c = static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
  return std::find(std::begin(kWords), std::end(kWords), small) != std::end(kWords);
}

bool is_bits(std::string_view field) {
  constexpr size_t kNoNumber = 8;
  return field.size() >= kNoNumber && field.find_first_not_of("01") == std::string_view::npos;
}

// Of the kind that Excel or a database writes: fields on both sides, none of them in blanks.
bool is_parted_by(std::string_view line, char separator) {
  const size_t at = line.find(separator);
  return at != std::string_view::npos && at != 0 &&
         blank_fields(line.substr(line.find_last_of(separator) + 1)).size() <= 1;
}

bool are_names(const std::vector<std::string_view>& fields) {
  return fields.size() > 1 &&
         std::none_of(fields.begin(), fields.end(), [](std::string_view field) {
           return field.find_first_of("./") != std::string_view::npos || is_numeric(field);
         });
}

// What all of the line is; empty where it is nothing known.
std::string kind_of(std::string_view line, ListFormat format) {
  if (line.find('\0') != std::string_view::npos || line.substr(0, 2) == "\xff\xfe" ||
      line.substr(0, 2) == "\xfe\xff") {
    return "the list is UTF-16: save it as UTF-8";
  }
  if (line.find('\r') != std::string_view::npos) {
    return "its lines end in carriage returns alone: they must end in line feeds";
  }
  const std::string_view text = trim(line);
  if (text.front() == '{' || text.front() == '[') {
    return "the line looks like JSON: a list has a path and numbers on each line";
  }
  if (text.front() == '#' || text.substr(0, 2) == "//") {
    return "the line looks like a comment, which lists do not have";
  }
  for (const char separator : {';', '|'}) {
    if (!is_parted_by(text, separator)) continue;
    return std::string("the fields are parted by '") + separator +
           "': part them by commas, tabs or blanks";
  }
  const std::vector<std::string_view> fields = blank_fields(text);
  if (format == ListFormat::kCsv && text.find(',') == std::string_view::npos && fields.size() > 1) {
    return "the name ends in .csv, but the fields are parted by blanks: give --list_format=space, "
           "list_format=\"space\" in Python";
  }
  if (format == ListFormat::kSpace && are_names(fields)) {
    return "the line looks like a header, which only lists with tabs and CSV have";
  }
  return "";
}

}  // namespace

std::string field_hint(std::string_view field) {
  if (is_decimal_comma(field)) return "; it has a decimal comma: write a point";
  if (is_truth(field)) return "; write 1 and 0";
  if (is_bits(field)) return "; a row of bits is one number here: part them";
  return "";
}

std::string line_hint(std::string_view line, ListFormat format) {
  std::string shown = "; the line is " + quoted(trim(line));
  if (const std::string kind = kind_of(line, format); !kind.empty()) return shown + "; " + kind;
  const auto fields = blank_fields(line);
  if (format != ListFormat::kSpace || fields.size() < 2) return shown;
  const std::string_view last = fields.back();
  if (const std::string hint = field_hint(last); !hint.empty()) {
    return shown + "; its last field is " + quoted(last) + hint;
  }
  if (is_numeric(last)) return shown + "; its last field " + quoted(last) + " is no finite float32";
  return shown + "; its last field " + quoted(last) +
         " is no number: names of classes need a task file (--tasks)";
}

}  // namespace caffe_multilabel
