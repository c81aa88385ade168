#include "list/diagnosis.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "list/rule.h"
#include "record/key.h"

namespace caffe_multilabel {
namespace {

constexpr std::string_view kDigits = "0123456789";

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of(kDigits) == std::string_view::npos;
}

bool is_decimal_comma(std::string_view field) {
  const size_t comma = field.find(',');
  if (comma == std::string_view::npos) return false;
  const std::string_view whole = field.substr(field.front() == '-' || field.front() == '+');
  return is_digits(whole.substr(0, whole.find(','))) && is_digits(field.substr(comma + 1));
}

bool is_bits(std::string_view field, size_t least) {
  return field.size() >= least && field.find_first_not_of("01") == std::string_view::npos;
}

bool is_quoted(std::string_view text) {
  return text.size() > 1 && (text.front() == '"' || text.front() == '\'') &&
         text.back() == text.front();
}

// Numbers with decimal commas between blanks: a CSV's commas would not have blanks between them.
bool has_decimal_commas(std::string_view line) {
  const auto fields = blank_fields(line);
  size_t numbers = 0;
  size_t commas = 0;
  while (numbers + 1 < fields.size()) {
    const std::string_view field = fields[fields.size() - 1 - numbers];
    if (!is_decimal_comma(field) && !is_numeric(field)) break;
    commas += is_decimal_comma(field);
    ++numbers;
  }
  return numbers > 1 && commas > 0;
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

// Half of ASCII's bytes are zero in it. Below the first line a half of the line end may come first,
// and nothing else may stand on the last line.
bool is_utf16(std::string_view line) {
  if (line.substr(0, 2) == "\xff\xfe" || line.substr(0, 2) == "\xfe\xff") return true;
  const std::string_view begin = line.substr(0, 2);
  return std::count(begin.begin(), begin.end(), '\0') == 1;
}

// The head of a section, as "[train]" in an INI file: a word, which alone in brackets is no JSON.
bool is_section(std::string_view text) {
  if (text.front() != '[' || text.back() != ']' || text.size() < 3) return false;
  const std::string_view name = trim(text.substr(1, text.size() - 2));
  return !name.empty() && name.find_first_of("[]{}\"',:") == std::string_view::npos &&
         !is_numeric(name) && name != "true" && name != "false" && name != "null";
}

// A line of a list ends in a label, which is no bracket, even if its path begins with one.
bool is_json(std::string_view text) {
  if (text.front() != '{' && text.front() != '[') return false;
  if (text.size() > 1 && text.back() == ',') text.remove_suffix(1);
  return std::string_view("{}[]").find(text.back()) != std::string_view::npos;
}

// Names of files may begin like comments.
bool is_comment(std::string_view text) {
  const size_t mark = text.substr(0, 2) == "//" ? 2 : text.front() == '#' ? 1 : 0;
  if (mark == 0) return false;
  const std::string_view word = text.substr(mark, text.find_first_of(" \t,;|", mark) - mark);
  return word.find_first_of("./") == std::string_view::npos;
}

}  // namespace

std::optional<bool> read_truth(std::string_view field) {
  constexpr std::array<std::pair<std::string_view, bool>, 10> kWords = {{
      {"true", true},
      {"false", false},
      {"yes", true},
      {"no", false},
      {"y", true},
      {"n", false},
      {"是", true},
      {"否", false},
      {"有", true},
      {"无", false},
  }};
  constexpr size_t kLongest = 5;
  if (field.size() > kLongest) return std::nullopt;
  for (const auto& [word, truth] : kWords) {
    if (field.size() == word.size() && ends_with(field, word)) return truth;
  }
  return std::nullopt;
}

bool is_unknown(std::string_view field) {
  constexpr std::array<std::string_view, 9> kWords = {"",    "?",    "-",    "na",  "n/a",
                                                      "nan", "null", "<na>", "#n/a"};
  field = trim(field);
  return std::any_of(kWords.begin(), kWords.end(), [field](std::string_view word) {
    return field.size() == word.size() && ends_with(field, word);
  });
}

std::string field_hint(std::string_view field) {
  if (is_decimal_comma(field)) return "; it has a decimal comma: write a point";
  // A letter alone may as well be the name of a class.
  if (field.size() > 1 && read_truth(field)) return "; write 1 and 0";
  constexpr size_t kNoNumber = 8;
  if (is_bits(field, kNoNumber)) return "; a row of bits is one number here: part them";
  if (is_quoted(field)) return "; only a CSV's double quotes are taken off: leave quotes out";
  return "";
}

bool is_class_name(std::string_view field) {
  if (field.empty() || is_numeric(field) || !field_hint(field).empty()) return false;
  const char first = field.front();
  const bool is_ascii = static_cast<unsigned char>(first) < 0x80;
  return !is_ascii || (first >= 'A' && first <= 'Z') || (first >= 'a' && first <= 'z');
}

std::string text_kind(std::string_view line, ListFormat format) {
  if (is_utf16(line)) return "the list is UTF-16: save it as UTF-8";
  if (line.find('\0') != std::string_view::npos) {
    return "the line holds zero bytes: a list is UTF-8 text";
  }
  if (line.find('\r') != std::string_view::npos) {
    return "its lines end in carriage returns alone: they must end in line feeds";
  }
  const std::string_view text = trim(line);
  if (is_section(text)) {
    return "the line looks like the head of a section: a list has a path and numbers on each line";
  }
  if (is_json(text)) {
    return "the line looks like JSON: a list has a path and numbers on each line";
  }
  if (is_comment(text)) return "the line looks like a comment, which lists do not have";
  for (const char separator : {';', '|'}) {
    if (!is_parted_by(text, separator)) continue;
    return std::string("the fields are parted by '") + separator +
           "': part them by commas, tabs or blanks";
  }
  if (format == ListFormat::kCsv && has_decimal_commas(text)) {
    return "its numbers have decimal commas, which make it a CSV: write points";
  }
  const bool has_commas = text.find(',') != std::string_view::npos;
  if (format == ListFormat::kCsv && !has_commas && blank_fields(text).size() > 1) {
    return "the name ends in .csv, but the fields are parted by blanks: give --list_format=space, "
           "list_format=\"space\" in Python";
  }
  return "";
}

std::string bits_hint(const std::vector<std::string_view>& fields, size_t wanted) {
  constexpr size_t kLeast = 2;
  std::string_view row;
  size_t count = 0;
  for (const std::string_view field : fields) {
    const bool is_row = is_bits(field, kLeast);
    if (is_row) row = field;
    count += is_row ? field.size() : 1;
  }
  if (row.empty() || count != wanted) return "";
  return "; " + in_quotes(row) + " is one number here: part its digits";
}

bool is_number_alone(std::string_view line) { return is_digits(trim(line)); }

std::string text_hint(std::string_view line, std::string_view kind) {
  return "; the line is " + in_quotes(trim(line)) + "; " + std::string(kind);
}

std::string line_hint(std::string_view line, ListFormat format, bool may_be_header) {
  if (const auto kind = text_kind(line, format); !kind.empty()) return text_hint(line, kind);
  std::string shown = "; the line is " + in_quotes(trim(line));
  if (is_number_alone(line)) return shown + kCountHint;
  const auto fields = blank_fields(line);
  if (format != ListFormat::kSpace || fields.size() < 2) return shown;
  const std::string_view last = fields.back();
  if (const std::string hint = field_hint(last); !hint.empty()) {
    return shown + "; its last field is " + in_quotes(last) + hint;
  }
  if (is_numeric(last))
    return shown + "; its last field " + in_quotes(last) + " is no finite float32";
  if (may_be_header && are_names(fields))
    return shown + "; the line looks like a header" + kHeaderHint;
  return shown + "; its last field " + in_quotes(last) + " is no number: " + kNamesHint;
}

std::optional<std::string> separator_problem(std::string_view path) {
  if (path.find('\r') != std::string_view::npos) {
    return "the path would be " + in_quotes(path) + ": lines must end in line feeds";
  }
  constexpr std::string_view kSeparators = "|;,";
  if (!path.empty() && kSeparators.find(path.back()) != std::string_view::npos) {
    return "the path would be " + in_quotes(path) +
           ": part the fields by commas, by tabs or by blanks alone";
  }
  return std::nullopt;
}

std::optional<std::string> trailing_label(std::string_view path) {
  const auto fields = blank_fields(path);
  if (fields.size() < 2) return std::nullopt;
  if (is_decimal_comma(fields.back())) {
    return "the path would be " + in_quotes(path) + field_hint(fields.back()) +
           ", or part the fields by tabs where this is a name";
  }
  if (!parse_number(fields.back())) return std::nullopt;
  return "more labels than wanted, or the path ends in a number (" + in_quotes(path) +
         "); write such a list with tabs or as CSV";
}

std::string class_in_path_hint(std::string_view path) {
  const auto has_extension = [](std::string_view field) {
    return without_extension(field).size() < field.size();
  };
  const auto fields = blank_fields(path);
  if (fields.size() < 2 || has_extension(fields.back()) || !is_class_name(fields.back()) ||
      std::none_of(fields.begin(), fields.end(), has_extension)) {
    return "";
  }
  return "; in the path " + in_quotes(path) + " " + in_quotes(fields.back()) +
         " stands behind the name of an image: " + kNamesHint;
}

std::string strange_path_hint(std::string_view path) {
  if (is_quoted(path)) {
    return "; the path is in quotes, and only a CSV's double quotes are taken off: leave them out";
  }
  const auto fields = blank_fields(path);
  if (fields.size() > 1 && is_numeric(fields.back())) {
    return "; the path ends in a number: a decimal comma makes CSV of a line, write a point";
  }
  return class_in_path_hint(path);
}

}  // namespace caffe_multilabel
