#include "cairn/models/transformer/attention_map.h"

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/text/text_source.h"
#include "cairn/vision/page.h"

namespace cairn::transformer {

namespace {

/// The part `chosen` of dimension `dim`, or the mean over it.
torch::Tensor part(const torch::Tensor& t, int64_t dim, int64_t chosen, const char* what) {
  if (chosen == 0) return t.mean(dim);
  if (chosen < 0 || chosen > t.size(dim)) {
    throw UsageError(what, got_expected(chosen, cat("1 .. ", t.size(dim), ", or 0 for the mean of all")));
  }
  return t.select(dim, chosen - 1);
}

struct AttentionFlags {
  std::string target, page;
  AttentionView view;
  void fields(Fields& f) {
    f("target", target, "the file of translations, a line for each of --in; our own if not given");
    f("page", page, "an HTML page to draw them on, or an .svg for the one line that there is");
    f("layer", view.layer, "1, 2, ..; 0: the mean of all", at_least(0));
    f("head", view.head, "1, 2, ..; 0: the mean of all", at_least(0));
  }
};

std::vector<std::string> targets_of(const Translator& translator, const std::vector<std::string>& sources,
                                    const std::string& file) {
  std::vector<std::string> targets;
  if (file.empty()) {
    for (const auto& best : translator.translate(sources)) targets.push_back(best[0].text);
    return targets;
  }
  targets = text::all_lines(file);
  if (targets.size() != sources.size()) {
    throw InputError(file, got_expected(cat(targets.size(), " lines"), cat(sources.size(), ", as --in has")));
  }
  return targets;
}

void draw(const std::vector<vision::HeatMap>& maps, const std::string& file) {
  if (file.ends_with(".svg")) {
    if (maps.size() != 1) throw UsageError("--page", got_expected(cat(maps.size(), " sentences"), "one, for an .svg"));
    return io::write_file(file, vision::svg(maps[0]));
  }
  vision::Page page("Attention", "a row for each token of the translation, a column for each of its source");
  for (const auto& map : maps) page.heat_map(map);
  page.write(file);
}

void write_attention(const Translator& translator, const Invocation& call, const AttentionFlags& flags) {
  const auto sources = text::all_lines(call.require_in("attention", "a text file, a sentence a line"));
  const auto targets = targets_of(translator, sources, flags.target);
  std::vector<vision::HeatMap> maps;
  std::vector<Json> rows;
  for (size_t k = 0; k < sources.size(); ++k) {
    if (is_blank(sources[k])) continue;
    maps.push_back(heat_map_of(translator.attention(sources[k], targets[k]), flags.view, targets[k]));
    rows.push_back({{"line", k + 1},
                    {"source", maps.back().columns},
                    {"target", maps.back().rows},
                    {"weights", maps.back().shares}});
  }
  if (!flags.page.empty()) draw(maps, flags.page);
  for (const auto& row : rows) call.rows->row(row);
}

}  // namespace

vision::HeatMap heat_map_of(const AttentionMap& map, const AttentionView& view, const std::string& title) {
  const auto weights = part(part(map.weights, 0, view.layer, "layer"), 0, view.head, "head").contiguous();
  vision::HeatMap picture{.title = title, .rows = map.target, .columns = map.source};
  for (int64_t t = 0; t < weights.size(0); ++t) {
    const float* row = weights[t].data_ptr<float>();
    picture.shares.emplace_back(row, row + weights.size(1));
  }
  return picture;
}

Command attention_command(const Translator& translator) {
  const auto flags = std::make_shared<AttentionFlags>();
  return {.name = "attention",
          .help = "where in each line of --in its translation's tokens look: a weight for each pair of tokens",
          .options = fields_of(*flags),
          .run = [&translator, flags](const Invocation& call) { write_attention(translator, call, *flags); }};
}

}  // namespace cairn::transformer
