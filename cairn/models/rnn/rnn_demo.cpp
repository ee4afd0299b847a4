#include "cairn/models/rnn/rnn_demo.h"

#include <numeric>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/base/resources.h"
#include "cairn/base/text.h"
#include "cairn/models/rnn/rnn_pipeline.h"
#include "cairn/models/rnn/sequence_task.h"
#include "cairn/vision/page.h"

namespace cairn::rnn {

namespace {

const std::string kVerse = "To be, or not to be, that is the question.\n";
const std::string kWrong = "To be, or not to be, that is the qxestion.\n";

/// Nats of each character of a line, side by side with those of the line with one letter wrong.
vision::LineChart surprise_chart(const SequenceModel& model, Json& results) {
  vision::LineChart chart{.title = "surprise of each character", .unit = "nats", .x_label = "character"};
  for (const auto& [name, line] : {std::pair("right", kVerse), std::pair("one letter wrong", kWrong)}) {
    vision::Series series{.name = name};
    series.y = model.surprise(line);
    series.x.resize(series.y.size());
    std::iota(series.x.begin(), series.x.end(), 1.0);
    results[cat("surprise of the line, ", name)] = std::accumulate(series.y.begin(), series.y.end(), 0.0);
    chart.series.push_back(std::move(series));
  }
  return chart;
}

void show_training(DemoContext& context) {
  log::info("training a small word model on a shipped text");
  const auto recipe = train::load_recipe("rnn/tiny", {});
  const auto task = make_task(recipe);
  const auto run = train_for_demo(context, "tiny", recipe, *task);
  context.results["test.perplexity"] = run.metric("test.perplexity");
  context.page.subheading("Trained here")
      .paragraph(cat(task->describe(), " ", human_seconds(run.result.seconds), ", perplexity of unseen text ",
                     fixed(run.metric("test.perplexity"), 0), "."));
}

}  // namespace

void demo(DemoContext& context) {
  const auto model = SequenceModel::load(resource("shipped/models/lstm-shakespeare"));
  context.page.heading("Recurrent networks")
      .paragraph(
          "A network that reads a text character by character and keeps what matters in its state. The shipped one is "
          "an LSTM that has read Shakespeare.")
      .subheading("What it writes")
      .code({.text = model.sample({.prefix = "KING ", .length = 400, .temperature = 0.7, .seed = 1}),
             .caption = "temperature 0.7"})
      .subheading("What surprises it")
      .chart(surprise_chart(model, context.results));
  show_training(context);
}

}  // namespace cairn::rnn
