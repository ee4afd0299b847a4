#include "cairn/models/state_dict_layouts.h"

#include "cairn/base/error.h"
#include "cairn/io/safetensors.h"
#include "cairn/io/torch_checkpoint.h"
#include "cairn/models/model_folder.h"
#include "cairn/nn/state_dict.h"
#include "cairn/train/checkpoint.h"

namespace cairn {

namespace fs = std::filesystem;

namespace {

io::TensorMap weights_of(const fs::path& model_folder) {
  return io::read_safetensors(model_folder / "model.safetensors").tensors;
}

Layout pytorch_layout(const NetworkSystem& system) {
  return {.name = "pytorch",
          .help = "a plain state dict, as torch.save and torch.load know it; import needs --config",
          .import_model =
              [=](const ImportRequest& request) {
                const fs::path& file = only_file(request);
                const auto checkpoint = io::read_torch_checkpoint(file);
                write_imported_model(system, io::state_dict_of(checkpoint, request.section, file.string()), request);
              },
          .export_model =
              [](const ExportRequest& request) {
                io::write_torch_checkpoint(request.out, weights_of(request.model_folder));
              }};
}

Layout safetensors_layout(const NetworkSystem& system) {
  return {.name = "safetensors",
          .help = "the state dict with its config in one file; import of one without config needs --config",
          .import_model =
              [=](const ImportRequest& request) {
                if (!request.section.empty()) throw UsageError("--section", "safetensors files have no sections");
                write_imported_model(system, io::read_safetensors(only_file(request)).tensors, request);
              },
          .export_model =
              [](const ExportRequest& request) {
                const Json config = read_model_config(request.model_folder);
                const Json carried{{"system", config["system"]}, {"model", config["model"]}};
                io::write_safetensors(request.out, weights_of(request.model_folder), {{kConfigKey, carried.dump()}});
              },
          .carried_config = carried_config};
}

}  // namespace

Json carried_config(const fs::path& file) {
  const auto metadata = io::read_safetensors(file).metadata;
  const auto found = metadata.find(kConfigKey);
  return found == metadata.end() ? Json() : parse_model_config(found->second, cat(file.string(), ", ", kConfigKey));
}

const fs::path& only_file(const ImportRequest& request) {
  if (request.files.size() != 1) throw UsageError("import", got_expected(cat(request.files.size(), " files"), "one"));
  return request.files.front();
}

/// The tensors pass through the network, which checks them and gives them its own dtypes.
void write_imported_model(const NetworkSystem& system, const io::TensorMap& tensors, const ImportRequest& request) {
  if (request.config.is_null()) {
    throw UsageError("--config", "got nothing, expected the config.json or the model that says what network this is");
  }
  const Json& model = request.config.at("model");
  const std::string source = "config.json";
  const auto network = make_for(tensors, source, [&] { return system.make_network(model, source); });
  nn::load_state_dict(*network, tensors, request.files.front().string());
  if (system.bring_rest) system.bring_rest(request);
  const Json config{{"system", system.name}, {"format", 1}, {"model", model}, {"metrics", Json::object()}};
  train::write_model_files(request.folder, {.config = config, .tensors = nn::state_dict(*network)});
}

std::vector<Layout> state_dict_layouts(const NetworkSystem& system) {
  return {pytorch_layout(system), safetensors_layout(system)};
}

}  // namespace cairn
