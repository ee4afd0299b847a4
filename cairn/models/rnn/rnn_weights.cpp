#include "cairn/models/rnn/rnn_weights.h"

#include "cairn/base/error.h"
#include "cairn/io/safetensors.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/models/model_folder.h"
#include "cairn/models/state_dict_layouts.h"

namespace cairn::rnn {

namespace fs = std::filesystem;

namespace {

constexpr std::string_view kStack = "rnn.";  // before the names of the recurrent layers in a whole network

/// The tokenizer of a model that reads tokens comes from where its config was found.
void bring_tokenizer(const ImportRequest& request) {
  const auto spec = ModelSpec::from_json(request.config.at("model"), "config.json");
  if (!spec.config.reads_tokens()) return;
  if (request.config_folder.empty()) {
    throw UsageError("--config", "got nothing, expected the model that this one's tokenizer is to be taken from");
  }
  text::Tokenizer::read(request.config_folder, spec.sizes.inputs).write(request.folder);
}

NetworkSystem network_system() {
  return {.name = "rnn",
          .make_network = [](const Json& model,
                             const std::string& source) { return make_network(ModelSpec::from_json(model, source)); },
          .bring_rest = bring_tokenizer};
}

io::TensorMap weights_of(const fs::path& model_folder) {
  return io::read_safetensors(model_folder / "model.safetensors").tensors;
}

const torch::Tensor& matrix_named(const io::TensorMap& tensors, const std::string& name, const std::string& source) {
  const auto found = tensors.find(name);
  if (found == tensors.end()) {
    throw InputError(source, cat("missing tensor '", name, "': expected the state dict of nn.LSTM, nn.GRU or nn.RNN"));
  }
  const auto& tensor = found->second;
  if (tensor.dim() != 2 || tensor.numel() == 0) {
    throw InputError(source, cat("tensor '", name, "': ", got_expected(cat("shape ", tensor.sizes()), "a matrix")));
  }
  return tensor;
}

const char* cell_with(int64_t rows, int64_t hidden, const std::string& source) {
  const int64_t gates = rows % hidden == 0 ? rows / hidden : 0;
  if (gates == 4) return "lstm";
  if (gates == 3) return "gru";
  if (gates == 1) return "elman_tanh";
  throw InputError(source, cat("tensor 'weight_hh_l0': ", got_expected(cat(rows, " rows for ", hidden, " units"),
                                                                       "4 (LSTM), 3 (GRU) or 1 (RNN) a unit")));
}

io::TensorMap with_prefix(const io::TensorMap& tensors) {
  io::TensorMap named;
  for (const auto& [name, tensor] : tensors) named[cat(kStack, name)] = tensor;
  return named;
}

bool is_of_stack(const std::string& name) {
  return name.starts_with(kStack);
}

/// The rest of a network whose recurrent layers are imported: from the model that --config named.
io::TensorMap rest_of(const ImportRequest& request) {
  const bool with_weights = !request.config_folder.empty() && fs::exists(request.config_folder / "model.safetensors");
  if (!with_weights) {
    throw UsageError("--config", "got a config alone, expected the model whose other weights these layers join");
  }
  auto tensors = weights_of(request.config_folder);
  std::erase_if(tensors, [](const auto& item) { return is_of_stack(item.first); });
  return tensors;
}

void import_torch_rnn(ImportRequest request) {
  const std::string source = only_file(request).string();
  const auto tensors = io::state_dict_of(io::read_torch_checkpoint(source), request.section, source);
  if (request.config.is_null()) {
    request.config = {{"system", "rnn"}, {"model", spec_of_torch_rnn(tensors, source).to_json()}};
  }
  const auto spec = ModelSpec::from_json(request.config.at("model"), "config.json");
  require_torch_rnn(spec.config);
  auto whole = with_prefix(tensors);
  if (spec.config.predicts()) whole.merge(rest_of(request));
  write_imported_model(network_system(), whole, request);
}

void export_torch_rnn(const ExportRequest& request) {
  const Json config = read_model_config(request.model_folder);
  const std::string source = (request.model_folder / "config.json").string();
  require_torch_rnn(ModelSpec::from_json(config.at("model"), source).config);
  io::TensorMap layers;
  for (const auto& [name, tensor] : weights_of(request.model_folder)) {
    if (is_of_stack(name)) layers[name.substr(kStack.size())] = tensor;
  }
  io::write_torch_checkpoint(request.out, layers);
}

}  // namespace

ModelSpec spec_of_torch_rnn(const io::TensorMap& tensors, const std::string& source) {
  const auto& W_ih = matrix_named(tensors, "weight_ih_l0", source);
  const auto& W_hh = matrix_named(tensors, "weight_hh_l0", source);
  ModelSpec spec;
  auto& c = spec.config;
  c.task = "states";
  c.hidden = W_hh.size(1);
  if (tensors.contains("weight_hr_l0")) {
    const auto& W_hr = matrix_named(tensors, "weight_hr_l0", source);
    c.projection = W_hr.size(0);
    c.hidden = W_hr.size(1);
  }
  c.cell = cell_with(W_hh.size(0), c.hidden, source);
  c.bidirectional = tensors.contains("weight_ih_l0_reverse");
  for (c.layers = 1; tensors.contains(cat("weight_ih_l", c.layers));) ++c.layers;
  const int64_t width = c.projection > 0 ? c.projection : c.hidden;
  spec.sizes = {W_ih.size(1), c.bidirectional ? 2 * width : width};
  return spec;
}

void require_torch_rnn(const ModelConfig& config) {
  const auto refuse = [](const char* what, const char* why) {
    throw UsageError("torch-rnn", cat("got a model with ", what, ": ", why, "; the layout 'pytorch' takes any model"));
  };
  if (config.cell == "gru_reset_before") refuse("the cell gru_reset_before", "nn.GRU resets behind the product");
  if (config.peepholes) refuse("peepholes", "nn.LSTM has none");
  if (config.layer_norm) refuse("layer_norm", "PyTorch's cells have none");
  if (config.zoneout > 0) refuse("zoneout", "its mean remains in use, and PyTorch's cells have none");
}

std::vector<Layout> layouts() {
  auto rows = state_dict_layouts(network_system());
  rows.push_back({.name = "torch-rnn",
                  .help =
                      "the state dict of nn.LSTM, nn.GRU or nn.RNN: recurrent layers alone; import gives a model of "
                      "states, or with --config MODEL one with that model's other weights",
                  .import_model = [](const ImportRequest& request) { import_torch_rnn(request); },
                  .export_model = export_torch_rnn});
  return rows;
}

}  // namespace cairn::rnn
