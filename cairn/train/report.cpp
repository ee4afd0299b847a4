// report.html of a run folder.
#include "cairn/train/report.h"

#include <algorithm>
#include <map>
#include <set>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/tensorboard_events.h"
#include "cairn/train/history.h"
#include "cairn/vision/axis.h"
#include "cairn/vision/image.h"

namespace cairn::train {
namespace {

using vision::readable;

constexpr size_t most_points = 300;  // more than the width of a chart can show

struct Material {
  const RunFolder& folder;
  Json facts;
  Json result;  ///< null while the run is not finished
  History history;
};

std::string text_of(const Json& object, const std::string& key) {
  if (!object.is_object() || !object.contains(key)) return "unknown";
  return object[key].is_string() ? object[key].get<std::string>() : object[key].dump();
}

double number_of(const Json& object, const std::string& key) {
  return object.is_object() && object.contains(key) && object[key].is_number() ? object[key].get<double>() : 0;
}

double last_of(const History& history, const std::string& name) {
  const vision::Series* series = history.find(name);
  return series != nullptr && !series->x.empty() ? series->y.back() : 0;
}

std::string after_dot(const std::string& name) {
  return name.substr(name.find('.') + 1);
}
bool begins_with(const std::string& text, const std::string& start) {
  return text.rfind(start, 0) == 0;
}

Json metrics_of(const Json& result) {
  return result.is_object() ? result.value("metrics", Json::object()) : Json::object();
}

/// The few figures that a reader wants first: what was measured on held-out data, then size and cost.
void add_tiles(vision::Page& page, const Material& material) {
  vision::Facts tiles;
  const Json metrics = metrics_of(material.result);
  for (const std::string split : {"test.", "valid."}) {
    for (const auto& [name, value] : metrics.items()) {
      if (begins_with(name, split) && tiles.size() < 2)
        tiles.emplace_back(name, readable(value.is_number() ? value.get<double>() : 0));
    }
  }
  if (material.result.is_object()) {
    tiles.emplace_back("parameters", readable(number_of(material.result, "parameters")));
    tiles.emplace_back("epochs", readable(number_of(material.result, "epochs")));
    tiles.emplace_back("training time", human_seconds(number_of(material.result, "seconds")));
  } else {
    tiles.emplace_back("epochs so far", fixed(last_of(material.history, "epoch"), 1));
    tiles.emplace_back("training time so far", human_seconds(last_of(material.history, "seconds")));
  }
  page.tiles(tiles);
}

/// Metrics as rows, splits as columns; "best.valid.nll" is column "valid, best while training".
void add_results(vision::Page& page, const Material& material) {
  const Json metrics = metrics_of(material.result);
  const std::vector<std::pair<std::string, std::string>> columns{{"valid.", "valid"},
                                                                 {"test.", "test"},
                                                                 {"best.valid.", "valid, best while training"},
                                                                 {"last.valid.", "valid, last step"}};
  std::vector<std::string> names;
  vision::Table table{.header = {"metric"}};
  std::vector<std::string> shown;
  for (const auto& [prefix, title] : columns) {
    bool any = false;
    for (const auto& [key, value] : metrics.items()) {
      if (!begins_with(key, prefix)) continue;
      any = true;
      const std::string name = key.substr(prefix.size());
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
    if (!any) continue;
    shown.push_back(prefix);
    table.header.push_back(title);
  }
  for (const std::string& name : names) {
    std::vector<std::string> row{name};
    for (const std::string& prefix : shown) {
      row.push_back(metrics.contains(prefix + name) ? readable(number_of(metrics, prefix + name)) : "-");
    }
    table.rows.push_back(row);
  }
  if (table.rows.empty()) return;
  page.heading("Results").table(table);
}

vision::Series named(const vision::Series& series, const std::string& name) {
  vision::Series thin = vision::thinned(series, most_points);
  thin.name = name;
  return thin;
}

bool varies(const vision::Series& series) {
  return std::adjacent_find(series.y.begin(), series.y.end(), std::not_equal_to<>()) != series.y.end();
}

/// Each loss with the validation metric of the same name, then the other metrics, then how the optimiser fared.
std::vector<vision::LineChart> charts_of(const History& history) {
  std::vector<vision::LineChart> charts;
  std::set<std::string> paired;
  for (const vision::Series& curve : history.curves()) {
    if (!begins_with(curve.name, "loss.")) continue;
    const std::string name = after_dot(curve.name);
    charts.push_back({.title = name, .series = {named(curve, "train")}});
    if (const vision::Series* valid = history.find("valid." + name)) {
      charts.back().series.push_back(named(*valid, "valid"));
      paired.insert(valid->name);
    }
  }
  for (const vision::Series& curve : history.curves()) {
    if (!begins_with(curve.name, "valid.") || paired.count(curve.name) > 0) continue;
    charts.push_back({.title = after_dot(curve.name), .series = {named(curve, "valid")}});
  }
  const std::vector<std::pair<std::string, std::string>> others{
      {"lr", "learning rate"}, {"grad_norm", "gradient norm"}, {"rate", "examples per second"}};
  for (const auto& [key, title] : others) {
    const vision::Series* curve = history.find(key);
    if (curve != nullptr && varies(*curve)) charts.push_back({.title = title, .series = {named(*curve, key)}});
  }
  return charts;
}

void add_recipe(vision::Page& page, const Material& material) {
  page.heading("Recipe");
  page.paragraph("Every option of this run. Saved as a file, it is a recipe that trains the same model again.");
  page.code({.text = material.folder.recipe().document.to_yaml(), .caption = "recipe.yaml", .folded = true});
  page.code({.text = text_of(material.facts, "command"), .caption = "Command"});
}

void add_machine(vision::Page& page, const Material& material) {
  const Json machine = material.facts.value("machine", Json::object());
  vision::Facts facts{{"Processor", text_of(machine, "cpu")},
                      {"Cores", text_of(machine, "cores")},
                      {"Memory", human_bytes(number_of(machine, "memory_bytes"))},
                      {"System", text_of(machine, "system")},
                      {"LibTorch", text_of(machine, "libtorch")},
                      {"Cairn", text_of(machine, "cairn")},
                      {"Code version", text_of(machine, "code")},
                      {"Begun", text_of(material.facts, "started")}};
  page.heading("Machine").facts(facts);
}

std::string subtitle(const Material& material, const Learner* learner) {
  if (!material.result.is_object()) return "This run is not finished: the figures are those so far.";
  return learner != nullptr ? learner->describe() : "";
}

int64_t last_step(const History& history) {
  double step = 0;
  for (const auto& curve : history.curves()) step = std::max(step, curve.x.back());
  return static_cast<int64_t>(step);
}

Material material_of(const RunFolder& folder) {
  return {folder, folder.facts(), folder.result(), History::read(folder.log())};
}

vision::Page page_of(const Material& material, Learner* learner) {
  vision::Page page(text_of(material.facts, "name"), subtitle(material, learner));
  add_tiles(page, material);
  add_results(page, material);
  page.heading("Curves").charts(charts_of(material.history));
  if (learner != nullptr) learner->write_samples(page);
  add_recipe(page, material);
  add_machine(page, material);
  return page;
}

/// For TensorBoard, behind the scalars: the page's pictures and the recipe. A run that goes on writes over them.
void write_events(const Material& material, const vision::Page& page) {
  const RunFolder& folder = material.folder;
  io::EventWriter events(folder.events(), io::whole_event_bytes(folder.events()));
  const int64_t step = last_step(material.history);
  std::map<std::string, int> seen;
  for (const auto& [under, picture] : page.pictures()) {
    const int number = ++seen[under];
    events.image(number == 1 ? under : cat(under, " ", number), step, vision::encode_png(picture.pixels));
  }
  events.text("recipe", step, cat("```yaml\n", folder.recipe().document.to_yaml(), "```"));
}

}  // namespace

vision::Page report_page(const RunFolder& folder, Learner* learner) {
  return page_of(material_of(folder), learner);
}

void write_report(const RunFolder& folder, Learner* learner) {
  const Material material = material_of(folder);
  const vision::Page page = page_of(material, learner);
  page.write(folder.report());
  write_events(material, page);
}

}  // namespace cairn::train
