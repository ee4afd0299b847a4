// Reading log.jsonl as curves.
#include "cairn/train/history.h"

#include <limits>

#include "cairn/base/document.h"
#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"

namespace cairn::train {
namespace {

constexpr uint64_t most_log_bytes = uint64_t{1} << 30;

/// Calls `take(name, value)` for each number of a log line; null is how JSON writes one that is not finite.
template <class Take>
void for_each_number(const Json& object, const std::string& prefix, const Take& take) {
  for (const auto& [key, value] : object.items()) {
    if (value.is_number()) take(prefix + key, value.template get<double>());
    if (value.is_null()) take(prefix + key, std::numeric_limits<double>::quiet_NaN());
    if (value.is_object()) for_each_number(value, prefix + key + ".", take);
  }
}

}  // namespace

History History::read(const std::filesystem::path& log) {
  History history;
  if (!std::filesystem::exists(log)) return history;
  const std::string text = io::read_file(log, most_log_bytes);
  size_t number = 1;
  for (size_t begin = 0, end; (end = text.find('\n', begin)) != std::string::npos; begin = end + 1, ++number) {
    const Json line = Json::parse(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                  text.begin() + static_cast<std::ptrdiff_t>(end), nullptr, /*allow_exceptions=*/false);
    if (!line.is_object() || !line.contains("step") || !line["step"].is_number()) {
      throw InputError(cat(log.string(), ":", number), "expected a JSON object with a \"step\"");
    }
    if (line.value("final", false)) continue;
    const double step = line["step"].get<double>();
    for_each_number(line, "", [&](const std::string& name, double value) {
      if (name == "step") return;
      vision::Series& series = history.curve(name);
      series.x.push_back(step);
      series.y.push_back(value);
    });
  }
  return history;
}

const vision::Series* History::find(const std::string& name) const {
  for (const vision::Series& series : curves_) {
    if (series.name == name) return &series;
  }
  return nullptr;
}

vision::Series& History::curve(const std::string& name) {
  for (vision::Series& series : curves_) {
    if (series.name == name) return series;
  }
  curves_.push_back({.name = name});
  return curves_.back();
}

}  // namespace cairn::train
