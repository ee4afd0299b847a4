#include "cairn/models/checkpointing_demo.h"

#include "cairn/base/benchmark.h"
#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/text.h"
#include "cairn/nn/resnet.h"
#include "cairn/train/checkpointing.h"
#include "cairn/vision/page.h"

namespace cairn {

using namespace checkpointing;

namespace {

constexpr int kBudgets = 10;
constexpr int64_t kDepth = 56, kBatch = 8;
constexpr double kMega = 1e6;

/// The published 56-layer network for small images and one batch of noise.
struct Net {
  Net() : net(nn::ResNetOptions{.depth = kDepth}, RandomStream(1, "weights")), chain(net->chain()) {
    x = torch::randn({kBatch, 3, 32, 32}, at::make_generator<at::CPUGeneratorImpl>(1));
    chain.add("loss", [](const torch::Tensor& y) { return y.square().mean(); });
  }
  nn::ResNet net;
  Chain chain;
  torch::Tensor x;
};

struct Point {
  const Plan* plan;
  int64_t budget = 0, peak = 0;
  double seconds = 0;
};

Point measured(Net& net, const Plan& plan, int64_t budget) {
  net.net->zero_grad();
  const train::PeakMeter meter;
  const double seconds = seconds_of([&] { execute(net.chain, plan.schedule, {net.x})[0].backward(); });
  return {.plan = &plan, .budget = budget, .peak = meter.peak() - meter.before(), .seconds = seconds};
}

/// From the least budget to that of plain autograd.
std::vector<Point> measured_row(Net& net, const Planner& planner) {
  const auto least = static_cast<double>(planner.least().predicted.peak);
  const auto most = static_cast<double>(planner.store_all().predicted.peak);
  std::vector<Point> row;
  for (int k = 0; k < kBudgets; ++k) {
    const auto budget = static_cast<int64_t>(least + (most - least) * k / (kBudgets - 1));
    row.push_back(measured(net, planner.within(budget), budget));
  }
  return row;
}

vision::LineChart chart(const Planner& planner, const std::vector<Point>& row) {
  vision::Series predicted{.name = "predicted"}, points{.name = "measured"};
  for (const Plan& plan : planner.trade_off()) {
    predicted.x.push_back(static_cast<double>(plan.predicted.peak) / kMega);
    predicted.y.push_back(1000 * plan.predicted.seconds);
  }
  for (const Point& point : row) {
    points.x.push_back(static_cast<double>(point.peak) / kMega);
    points.y.push_back(1000 * point.seconds);
  }
  return {.title = "time of a step", .unit = "ms", .x_label = "peak memory, MB", .series = {predicted, points}};
}

vision::Table table(const std::vector<Point>& row, size_t stages) {
  vision::Table table{.header = {"budget, MB", "predicted, MB", "measured, MB", "step, ms", "forwards of stages"},
                      .rows = {}};
  for (const Point& point : row) {
    int64_t forwards = 0;
    for (const int64_t count : forwards_of(point.plan->schedule, stages)) forwards += count;
    table.rows.push_back({fixed(static_cast<double>(point.budget) / kMega, 2),
                          fixed(static_cast<double>(point.plan->predicted.peak) / kMega, 2),
                          fixed(static_cast<double>(point.peak) / kMega, 2), fixed(1000 * point.seconds, 1),
                          std::to_string(forwards)});
  }
  return table;
}

}  // namespace

void checkpointing_demo(DemoContext& context) {
  log::info("training steps under a row of memory budgets");
  train::count_memory();
  Net net;
  const Planner planner(measure(net.chain, {net.x}));
  const auto row = measured_row(net, planner);
  context.results["peak.least"] = row.front().peak;
  context.results["peak.most"] = row.back().peak;
  const size_t stages = net.chain.size();
  context.page.heading("Gradient checkpointing")
      .paragraph(
          cat("Say how much memory a training step may take, and get the fastest exact schedule that fits. Here a "
              "residual network of ",
              kDepth, " layers under ", kBudgets, " budgets: the same gradients each time, bit by bit."))
      .chart(chart(planner, row))
      .table(table(row, stages))
      .subheading("The schedule in the least memory")
      .code({.text = drawing(row.front().plan->schedule, stages),
             .caption =
                 "a row a stage, a column an operation: . forward, o its input kept, # all kept for its backward, "
                 "< backward"});
}

}  // namespace cairn
