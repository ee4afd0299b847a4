#include "cairn/models/transformer/transformer_pipeline.h"

#include "cairn/models/transformer/model_factory.h"

namespace cairn::transformer {

std::unique_ptr<Pipeline> load_pipeline(const std::filesystem::path& folder) {
  auto loaded = load_model(folder);
  if (loaded.spec.config.translates()) return std::make_unique<Translator>(std::move(loaded));
  return std::make_unique<TextGenerator>(std::move(loaded));
}

}  // namespace cairn::transformer
