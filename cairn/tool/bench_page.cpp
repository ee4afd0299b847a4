#include "cairn/tool/bench_page.h"

#include <algorithm>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/vision/page.h"

namespace cairn::tool {

namespace {

double place(const Json& row, const std::string& over) {
  const Json& qualities = row["quality"];
  if (qualities.contains(over) && qualities[over]["ours"].is_number()) return qualities[over]["ours"].get<double>();
  std::vector<std::string> names;
  for (const auto& [name, sides] : qualities.items()) names.push_back(name);
  throw UsageError("--over", cat(row["name"].get<std::string>(), " does not state '", over, "', only ",
                                 names.empty() ? "nothing" : join(names, ", ")));
}

vision::Series curve(const std::string& side, const std::string& over, const std::vector<Json>& rows) {
  vision::Series series{.name = side};
  for (const Json& row : rows) {
    if (!row[side].is_number()) continue;
    series.x.push_back(place(row, over));
    series.y.push_back(row[side].get<double>());
  }
  return series;
}

std::string unit_of(const std::vector<Json>& rows) {
  for (const Json& row : rows) {
    if (row["unit"] != rows[0]["unit"]) {
      throw UsageError("--over",
                       got_expected(cat(row["name"].get<std::string>(), " in ", row["unit"].get<std::string>()),
                                    cat("all in ", rows[0]["unit"].get<std::string>(), ", for one chart")));
    }
  }
  return rows[0]["unit"].get<std::string>();
}

vision::Table table_of(const std::vector<Json>& rows, const std::string& over) {
  vision::Table table{.header = {"benchmark", over, "ours", "peer", "ratio", "lowest", "highest"}};
  for (const Json& row : rows) {
    std::vector<std::string> cells{row["name"].get<std::string>(), fixed(place(row, over), 2)};
    for (const char* key : {"ours", "peer", "ratio", "ratio_low", "ratio_high"}) {
      cells.push_back(row[key].is_number() ? fixed(row[key].get<double>(), 3) : "-");
    }
    table.rows.push_back(std::move(cells));
  }
  return table;
}

}  // namespace

void write_bench_page(const std::string& path, const std::string& over, const Json& all) {
  std::vector<Json> rows(all.begin(), all.end());
  const std::string unit = unit_of(rows);
  std::ranges::stable_sort(rows, {}, [&](const Json& row) { return place(row, over); });
  vision::Page page("Benchmarks", cat("ours and the peer's over ", over, "; ", rows[0]["threads"].dump(), " threads"));
  page.chart({.title = "measured",
              .unit = unit,
              .x_label = over,
              .series = {curve("ours", over, rows), curve("peer", over, rows)}});
  page.table(table_of(rows, over));
  page.write(path);
}

}  // namespace cairn::tool
