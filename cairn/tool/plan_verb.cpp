// `cairn plan`: a recipe's network stage by stage, and how it trains under a memory budget.
#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/models/registry.h"
#include "cairn/tool/command_line.h"
#include "cairn/train/memory_meter.h"
#include "cairn/train/training_plan.h"
#include "cairn/vision/page.h"

namespace cairn::tool {

namespace {

using train::TrainingPlan;

constexpr double kMega = 1e6;
constexpr size_t kDrawnStages = 60;

train::Task& task_of(train::Learner& learner, const std::string& system) {
  if (auto* task = dynamic_cast<train::Task*>(&learner)) return *task;
  throw UsageError("cairn plan", got_expected(cat("system '", system, "', which trains without autograd"),
                                              "one whose network is a chain of stages"));
}

Json stages_of(const TrainingPlan& p) {
  const auto forwards = checkpointing::forwards_of(p.plan.chosen.schedule, p.plan.profile.size());
  Json stages = Json::array();
  for (size_t l = 1; l <= p.plan.profile.size(); ++l) {
    const auto& cost = p.plan.profile.stage(l);
    stages.push_back({{"stage", cost.name},
                      {"output", cost.output},
                      {"tape", cost.tape},
                      {"forward_seconds", cost.forward_seconds},
                      {"backward_seconds", cost.backward_seconds},
                      {"forwards", forwards[l - 1]}});
  }
  return stages;
}

Json curve_of(const TrainingPlan& p) {
  Json curve = Json::array();
  for (const auto& plan : p.plan.trade_off) {
    curve.push_back({{"peak", p.plan.standing + plan.predicted.peak}, {"seconds", plan.predicted.seconds}});
  }
  return curve;
}

Json summary_of(const TrainingPlan& p) {
  return {{"budget", p.plan.budget},
          {"standing", p.plan.standing},
          {"peak_predicted", p.plan.peak()},
          {"peak_measured", p.peak},
          {"seconds_predicted", p.plan.chosen.predicted.seconds},
          {"seconds_measured", p.seconds},
          {"peak_least", p.plan.standing + p.plan.trade_off.front().predicted.peak},
          {"peak_without", p.plan.standing + p.plan.trade_off.back().predicted.peak}};
}

vision::LineChart trade_off_chart(const TrainingPlan& p) {
  vision::Series curve{.name = "predicted"};
  for (const auto& plan : p.plan.trade_off) {
    curve.x.push_back(static_cast<double>(p.plan.standing + plan.predicted.peak) / kMega);
    curve.y.push_back(1000 * plan.predicted.seconds);
  }
  const vision::Series measured{
      .name = "this plan, measured", .x = {static_cast<double>(p.peak) / kMega}, .y = {1000 * p.seconds}};
  return {.title = "time of a step", .unit = "ms", .x_label = "peak, MB", .series = {curve, measured}};
}

vision::Table stage_table(const Json& stages) {
  vision::Table table{.header = {"stage", "output, MB", "tape, MB", "forward, ms", "backward, ms", "forwards"}};
  for (const Json& s : stages) {
    table.rows.push_back({s["stage"], fixed(s["output"].get<double>() / kMega, 3),
                          fixed(s["tape"].get<double>() / kMega, 3),
                          fixed(1000 * s["forward_seconds"].get<double>(), 2),
                          fixed(1000 * s["backward_seconds"].get<double>(), 2), s["forwards"].dump()});
  }
  return table;
}

void write_page(const std::string& path, const std::string& recipe, const TrainingPlan& p, const Json& stages) {
  vision::Page page(cat("Plan of ", recipe), "memory against time: what is kept, and what is computed again");
  vision::Facts tiles;
  const auto bytes = [&](const char* name, int64_t value) {
    tiles.emplace_back(name, human_bytes(static_cast<double>(value)));
  };
  bytes("budget", p.plan.budget);
  bytes("peak, predicted", p.plan.peak());
  bytes("peak, measured", p.peak);
  bytes("weights and optimiser", p.plan.standing);
  page.tiles(tiles);
  page.heading("Trade-off").chart(trade_off_chart(p));
  page.heading("Stages").table(stage_table(stages));
  if (p.plan.profile.size() <= kDrawnStages) {
    page.heading("Schedule")
        .code({.text = checkpointing::drawing(p.plan.chosen.schedule, p.plan.profile.size()),
               .caption = "a row a stage, a column an operation: . forward, o its input kept, # "
                          "all kept for its backward, < backward"});
  }
  page.write(path);
}

}  // namespace

int plan_verb(const Arguments& arguments) {
  CommandLine line("plan");
  std::string name, budget, out = "plan.html";
  Arguments overrides;
  line.add("RECIPE", &name, "a recipe file, or a name below recipes/");
  line.add("overrides", &overrides, "values that replace the recipe's", {.type = "key.path=value ..."});
  line.add("--memory-budget", &budget, "800MB, 1.5GiB, or a share of what a step takes without (train.memory_budget)");
  line.add("--out", &out, "the page with the whole trade-off curve as a picture");
  if (!line.parse(arguments)) return 0;
  line.require(name, "RECIPE");

  if (!budget.empty()) overrides.push_back(cat("train.memory_budget='", budget, "'"));
  train::count_memory();  // before anything is read, so that all is counted
  const train::Recipe recipe = train::load_recipe(name, with_options(overrides, line.common()));
  const auto learner = system_named(recipe.system).learner(recipe);
  const auto plan = train::plan_training(task_of(*learner, recipe.system), train::read_train_config(recipe.document));

  const Json stages = stages_of(plan);
  write_page(out, recipe.name, plan, stages);
  Json result = summary_of(plan);
  result["page"] = out;
  if (line.style().json) {
    result["stages"] = stages;
    result["curve"] = curve_of(plan);
  } else {
    print_result(stages, line.style());
  }
  print_result(result, line.style());
  return 0;
}

}  // namespace cairn::tool
