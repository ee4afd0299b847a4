#include "cairn/base/text.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <numeric>
#include <utility>

#include "cairn/base/error.h"

namespace cairn {

namespace {

size_t edit_distance(const std::string& a, const std::string& b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i);
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row.back();
}

}  // namespace

std::string nearest_name(const std::string& word, const std::vector<std::string>& names) {
  std::string best;
  size_t best_distance = word.size() / 3 + 2;
  for (const auto& name : names) {
    const size_t distance = edit_distance(word, name);
    if (distance < best_distance) {
      best_distance = distance;
      best = name;
    }
  }
  return best;
}

std::string did_you_mean(const std::string& word, const std::vector<std::string>& names) {
  const std::string near = nearest_name(word, names);
  return near.empty() ? "" : cat(" (did you mean '", near, "'?)");
}

size_t place_among(const std::vector<std::string>& names, const std::string& name, const std::string& option) {
  const auto found = std::ranges::find(names, name);
  if (found == names.end()) {
    throw UsageError(option, got_expected(cat("'", name, "'"), join(names, ", ")) + did_you_mean(name, names));
  }
  return static_cast<size_t>(found - names.begin());
}

std::string exact(double value) {
  char text[32];
  const auto end = std::to_chars(text, text + sizeof text, value).ptr;
  return {text, end};
}

std::string fixed(double value, int digits) {
  char text[400];
  const auto end = std::to_chars(text, text + sizeof text, value, std::chars_format::fixed, digits).ptr;
  return {text, end};
}

bool is_blank(const std::string& text) {
  return text.find_first_not_of(" \t\r\n") == std::string::npos;
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end = text.find(separator); end != std::string::npos; end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  parts.push_back(text.substr(begin));
  return parts;
}

std::string join(const std::vector<std::string>& parts, const std::string& separator) {
  std::string text;
  for (size_t i = 0; i < parts.size(); ++i) text += (i ? separator : "") + parts[i];
  return text;
}

std::string human_bytes(double bytes) {
  const char* units[] = {"B", "kB", "MB", "GB", "TB"};
  size_t unit = 0;
  while (bytes >= 1000 && unit + 1 < std::size(units)) {
    bytes /= 1000;
    ++unit;
  }
  return cat(fixed(bytes, unit == 0 ? 0 : 1), " ", units[unit]);
}

std::optional<double> parse_bytes(const std::string& text) {
  size_t end = 0;
  double number = 0;
  try {
    number = std::stod(text, &end);
  } catch (const std::exception&) {
    return std::nullopt;
  }
  const size_t unit_at = text.find_first_not_of(' ', end);
  const std::string unit = unit_at == std::string::npos ? "B" : text.substr(unit_at);
  const auto scaled = [&](const std::vector<std::string>& units, double base) -> std::optional<double> {
    const auto found = std::find(units.begin(), units.end(), unit);
    if (found == units.end() || !std::isfinite(number) || number < 0) return std::nullopt;
    return number * std::pow(base, found - units.begin());
  };
  if (const auto decimal = scaled({"B", "kB", "MB", "GB", "TB"}, 1000)) return decimal;
  return scaled({"B", "KiB", "MiB", "GiB", "TiB"}, 1024);
}

std::string human_seconds(double seconds) {
  if (!std::isfinite(seconds) || seconds < 0) return "?";
  const auto whole = static_cast<int64_t>(std::llround(seconds));
  const auto two = [](int64_t n) { return cat(n < 10 ? "0" : "", n); };
  if (whole >= 3600) return cat(whole / 3600, " h ", two(whole % 3600 / 60), " min");
  if (whole >= 60) return cat(whole / 60, " min ", two(whole % 60), " s");
  return whole >= 10 ? cat(whole, " s") : cat(fixed(seconds, 1), " s");
}

}  // namespace cairn
