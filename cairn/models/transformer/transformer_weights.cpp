#include "cairn/models/transformer/transformer_weights.h"

#include "cairn/base/error.h"
#include "cairn/models/transformer/fairseq.h"
#include "cairn/models/transformer/hf_gpt2.h"
#include "cairn/models/transformer/hf_marian.h"

namespace cairn::transformer {

namespace {

/// The tokenizers come from where the config was found.
void bring_tokenizers(const ImportRequest& request) {
  if (request.config_folder.empty()) {
    throw UsageError("--config", "got nothing, expected the model that this one's tokenizer is to be taken from");
  }
  auto spec = ModelSpec::from_json(request.config.at("model"), "config.json");
  read_tokenizers(request.config_folder, spec);
  spec.write_tokenizers(request.folder);
}

NetworkSystem network_system() {
  return {.name = "transformer", .make_network = [](const Json& model, const std::string& source) {
            return make_network(ModelSpec::from_json(model, source));
          }};
}

}  // namespace

void write_imported_transformer(const ModelSpec& spec, const io::TensorMap& tensors, ImportRequest request) {
  request.config = {{"system", "transformer"}, {"model", spec.to_json()}};
  write_imported_model(network_system(), tensors, request);
  spec.write_tokenizers(request.folder);
}

void drop_copies(io::TensorMap& tensors, const torch::Tensor& original, const std::vector<std::string>& names,
                 const std::string& source) {
  for (const auto& name : names) {
    const auto found = tensors.find(name);
    if (found == tensors.end()) continue;
    if (!torch::equal(found->second, original)) {
      throw InputError(
          source, cat("tensor '", name,
                      "': ", got_expected("other numbers than the embedding's", "the same matrix (tied weights)")));
    }
    tensors.erase(found);
  }
}

std::vector<Layout> layouts() {
  auto system = network_system();
  system.bring_rest = bring_tokenizers;
  auto rows = state_dict_layouts(system);
  rows.push_back(hf_marian_layout());
  rows.push_back(hf_gpt2_layout());
  rows.push_back(fairseq_layout());
  return rows;
}

}  // namespace cairn::transformer
