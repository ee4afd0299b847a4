#include "cairn/models/transformer/transformer_demo.h"

#include "cairn/base/log.h"
#include "cairn/base/resources.h"
#include "cairn/base/text.h"
#include "cairn/models/transformer/attention_map.h"
#include "cairn/models/transformer/transformer_task.h"
#include "cairn/models/transformer/translator.h"
#include "cairn/vision/page.h"

namespace cairn::transformer {

namespace {

constexpr const char* kDrawn = "s0 s1 s2 s3 s4";

vision::Table translations(const Translator& translator, const std::vector<std::string>& lines) {
  vision::Table table{.header = {"source", "written", "log p, nats"}, .rows = {}};
  const auto found = translator.translate(lines);
  for (size_t k = 0; k < lines.size(); ++k) {
    table.rows.push_back({lines[k], found[k].at(0).text, fixed(found[k].at(0).log_probability, 3)});
  }
  return table;
}

/// English to German, of sentences that training never saw.
void show_translations(DemoContext& context) {
  const auto translator = Translator::load(resource("shipped/models/phrases-en-de"));
  const std::string english = "In the garden, the old man has found two keys.";
  const auto german = translator.translate({english})[0].at(0).text;
  context.results["translation"] = german;
  context.page
      .paragraph(
          "A shipped one translates the sentences of a small grammar (cairn/data/phrases.h). German puts verbs at the "
          "end or before the subject, and its endings tell gender and case, of which English shows nothing.")
      .table(translations(translator, {english, "The clever queen does not see my small dog.",
                                       "Must a brave child carry the heavy chairs?",
                                       "She buys three red apples because we need an old cup."}))
      .paragraph("Where it looks: a row for each piece that it writes, a column for each that it reads.")
      .heat_map(heat_map_of(translator.attention(english, german), {}, english));
}

void show_training(DemoContext& context) {
  log::info("training a Transformer to write lines backwards");
  const auto recipe = train::load_recipe("transformer/tiny", {"train.steps=600"});
  const auto task = make_task(recipe);
  const auto run = train_for_demo(context, "tiny", recipe, *task);
  context.results["test.accuracy"] = run.metric("test.accuracy");
  const auto translator = Translator::load(run.model);
  context.page.subheading("Trained here")
      .paragraph(cat("Within ", human_seconds(run.result.seconds),
                     " to write lines of up to five symbols backwards; the same recipe with other files translates."))
      .facts(
          {{"parameters", cat(run.result.parameters)},
           {"lines of the test set written without a mistake", cat(fixed(100 * run.metric("test.accuracy"), 1), " %")}})
      .table(translations(translator, {kDrawn, "s5 s5 s1", "s3", "s2 s4 s2 s0"}))
      .heat_map(heat_map_of(translator.attention(kDrawn, "s4 s3 s2 s1 s0"), {}, kDrawn));
}

}  // namespace

void demo(DemoContext& context) {
  context.page.heading("Transformer").paragraph("An encoder and a decoder of attention.");
  show_translations(context);
  show_training(context);
}

}  // namespace cairn::transformer
