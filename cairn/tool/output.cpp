#include "cairn/tool/output.h"

#include <torch/types.h>

#include <algorithm>
#include <cmath>
#include <iomanip>
#include <iostream>
#include <limits>
#include <sstream>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/npy.h"

namespace cairn::tool {

namespace {

std::string dump(const Json& value, int indent = -1) {
  return value.dump(indent, ' ', /*ensure_ascii=*/false, Json::error_handler_t::replace);
}

using Lines = std::vector<std::pair<std::string, std::string>>;

bool is_table(const Json& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const Json& row) { return row.is_object(); });
}

void print_table(const Json& rows, std::ostream& out) {
  std::vector<std::vector<std::string>> cells(1);
  for (const auto& [key, value] : rows.front().items()) cells[0].push_back(key);
  for (const auto& row : rows) {
    auto& line = cells.emplace_back();
    for (const auto& key : cells[0]) line.push_back(row.contains(key) ? plain(row[key]) : "");
  }
  std::vector<size_t> widths(cells[0].size(), 0);
  for (const auto& line : cells) {
    for (size_t i = 0; i < line.size(); ++i) widths[i] = std::max(widths[i], line[i].size());
  }
  for (const auto& line : cells) {
    std::string text;
    for (size_t i = 0; i < line.size(); ++i) text += line[i] + std::string(widths[i] - line[i].size() + 2, ' ');
    out << "  " << text.substr(0, text.find_last_not_of(' ') + 1) << "\n";
  }
}

void print_lines(Lines& lines, std::ostream& out) {
  size_t width = 0;
  for (const auto& [key, value] : lines) width = std::max(width, key.size());
  for (const auto& [key, value] : lines) {
    out << std::left << std::setw(static_cast<int>(width)) << key << "  " << value << "\n";
  }
  lines.clear();
}

void print_object(const Json& object, const std::string& prefix, Lines& lines, std::ostream& out) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_object()) {
      print_object(value, prefix + key + ".", lines, out);
    } else if (is_table(value)) {
      print_lines(lines, out);
      out << prefix << key << "\n";
      print_table(value, out);
    } else {
      lines.emplace_back(prefix + key, plain(value));
    }
  }
}

/// Adds every number of `value`, in order.
void collect_numbers(const Json& value, std::vector<double>& numbers, const std::string& path) {
  if (value.is_structured()) {
    for (const auto& item : value) collect_numbers(item, numbers, path);
  } else if (value.is_number() || value.is_boolean()) {
    numbers.push_back(value.is_boolean() ? value.get<bool>() : value.get<double>());
  } else if (value.is_null()) {
    numbers.push_back(std::numeric_limits<double>::quiet_NaN());
  } else {
    throw UsageError("--out", cat(path, ": an array holds numbers, these rows have text ", value.dump()));
  }
}

class NpyRows : public RowOutput {
 public:
  explicit NpyRows(std::string path) : path_(std::move(path)) {}

  void row(const Json& row) override {
    const size_t before = numbers_.size();
    collect_numbers(row, numbers_, path_);
    const size_t columns = numbers_.size() - before;
    if (count_++ == 0) columns_ = columns;
    if (columns != columns_) {
      throw UsageError("--out", cat(path_, ": ", got_expected(cat(columns, " numbers in a row"), columns_)));
    }
  }

  void finish() override {
    auto array = torch::tensor(numbers_, torch::kFloat64);
    if (columns_ != 1) array = array.reshape({count_, static_cast<int64_t>(columns_)});
    io::write_npy(path_, array);
  }

 private:
  std::string path_;
  std::vector<double> numbers_;
  int64_t count_ = 0;
  size_t columns_ = 1;
};

class TextRows : public RowOutput {
 public:
  TextRows(std::string path, OutputStyle style) : path_(std::move(path)), style_(style) {}

  void row(const Json& row) override {
    std::string line;
    if (style_.json) {
      line = dump(row);
    } else {
      for (const auto& value : row) line += (line.empty() ? "" : "\t") + plain(value);
    }
    (to_stdout() ? std::cout : text_) << line << "\n";
  }

  void flush() override {
    if (to_stdout()) std::cout.flush();
  }

  void finish() override {
    if (!to_stdout()) {
      io::write_file(path_, text_.str());
    } else if (!std::cout.flush()) {
      throw EnvironmentError("stdout", "the results could not be written");
    }
  }

 private:
  bool to_stdout() const { return path_.empty(); }

  std::string path_;
  OutputStyle style_;
  std::ostringstream text_;
};

}  // namespace

std::string plain(const Json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (value.is_number_float()) return exact(value.get<double>());
  if (!value.is_array()) return dump(value);
  std::vector<std::string> words;
  for (const auto& item : value) words.push_back(plain(item));
  return join(words, " ");
}

void print_result(const Json& result, const OutputStyle& style, std::ostream& out) {
  if (style.json) {
    out << dump(result, 2) << "\n";
  } else if (is_table(result)) {
    print_table(result, out);
  } else {
    Lines lines;
    print_object(result, "", lines, out);
    print_lines(lines, out);
  }
  if (!out.flush()) throw EnvironmentError("stdout", "the result could not be written");
}

void print_result(const Json& result, const OutputStyle& style) {
  print_result(result, style, std::cout);
}

std::unique_ptr<RowOutput> make_row_output(const std::string& path, const OutputStyle& style) {
  if (path.ends_with(".npy")) return std::make_unique<NpyRows>(path);
  return std::make_unique<TextRows>(path, style);
}

}  // namespace cairn::tool
