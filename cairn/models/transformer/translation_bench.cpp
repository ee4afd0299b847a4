#include "cairn/models/transformer/translation_bench.h"

#include <algorithm>
#include <cstdlib>

#include "cairn/base/error.h"
#include "cairn/io/atomic_file.h"
#include "cairn/models/transformer/hf_marian.h"
#include "cairn/models/transformer/model_factory.h"
#include "cairn/models/transformer/translator.h"
#include "cairn/text/text_source.h"

namespace cairn::transformer {

namespace {

constexpr size_t kLines = 1000;
constexpr int64_t kLongest = 100;  // tokens of a translation

std::string setting(const char* name, const char* what) {
  const char* value = std::getenv(name);
  if (value == nullptr || *value == '\0')
    throw EnvironmentError("transformer/translation", cat("set ", name, " to ", what));
  return value;
}

/// The tokens of each line, its end too, as the peer reads them.
std::string pieces_of(const text::Tokenizer& tokenizer, const std::vector<std::string>& lines) {
  std::string text;
  for (const auto& line : lines) {
    std::vector<int64_t> ids;
    tokenizer.encode(line, "line", ids);
    for (const int64_t id : ids) text += tokenizer.display(id) + " ";
    text += tokenizer.display(tokenizer.line_end()) + "\n";
  }
  return text;
}

Measurement translated(const Translator& translator, const std::vector<std::string>& lines) {
  const TranslateOptions options{
      .search = {.beam = 4, .penalty = {PenaltyForm::length, 1}}, .most = {0, kLongest}, .batch = 32};
  double tokens = 0, log_probability = 0;
  const double seconds = seconds_of([&] {
    for (const auto& best : translator.translate(lines, options)) {
      tokens += static_cast<double>(best[0].tokens);
      log_probability += best[0].log_probability;
    }
  });
  return {tokens / seconds, {{"tokens", tokens}, {"log_probability", log_probability}}};
}

Benchmark against(const std::string& name, const std::string& numbers) {
  return {.name = "transformer/" + name,
          .help =
              "target tokens a second of 1,000 lines of $TRANSLATION_TEXT by $TRANSLATION_MODEL, beam 4, batch 32, "
              "fp32, against CTranslate2 in " +
              numbers,
          .unit = "tokens/s",
          .higher_is_better = true,
          .prepare = [numbers](const BenchmarkContext& context) {
            const std::filesystem::path model = setting("TRANSLATION_MODEL", "a folder of a trained translation model");
            auto lines = text::all_lines(setting("TRANSLATION_TEXT", "a file of sentences to translate"));
            lines.resize(std::min(lines.size(), kLines));
            const auto marian = context.folder / "marian";
            hf_marian_layout().export_model({.model_folder = model, .out = marian});
            auto loaded = load_model(model);
            io::write_file(context.folder / "pieces.txt", pieces_of(loaded.spec.tokenizer, lines));
            const auto translator = std::make_shared<Translator>(std::move(loaded));
            return Contest{.ours = [=] { return translated(*translator, lines); },
                           .peer = PeerScript{"translation.py", {"--numbers", numbers, "--longest", cat(kLongest)}},
                           .other_way = {}};
          }};
}

}  // namespace

std::vector<Benchmark> translation_benchmarks() {
  return {against("translation", "float32"), against("translation_int8", "int8")};
}

}  // namespace cairn::transformer
