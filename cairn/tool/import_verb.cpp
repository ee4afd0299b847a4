// `cairn import`: weights in a foreign layout become a model folder.
#include <filesystem>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/models/model_folder.h"
#include "cairn/tool/command_line.h"
#include "cairn/tool/layouts.h"
#include "cairn/tool/model_path.h"
#include "cairn/tool/tensor_info.h"

namespace cairn::tool {

namespace fs = std::filesystem;

namespace {

/// What --config names: a config.json, or a model to take it from.
void find_config(const std::string& name, ImportRequest& request) {
  if (name.empty()) return;
  const bool file = fs::is_regular_file(name);
  request.config_folder = file ? fs::absolute(name).parent_path() : model_folder(name);
  request.config = file ? read_model_config_file(name) : read_model_config(request.config_folder);
}

void write_readme(const ImportRequest& request, const std::string& layout, const std::string& command) {
  std::string files;
  for (const auto& file : request.files) files += cat(files.empty() ? "`" : ", `", file.filename().string(), "`");
  io::write_file(
      request.folder / "README.md",
      cat("# Imported model\n\nWeights from ", files, " in the layout `", layout,
          "`; not trained here, so that data, metrics and licence are those of their source.\n\n- Command: `", command,
          "`\n"));
}

}  // namespace

int import_verb(const Arguments& arguments) {
  CommandLine line("import");
  std::string layout_name, out, config;
  std::vector<std::string> files;
  ImportRequest request;
  line.add("LAYOUT", &layout_name, "whose names and form the weights have");
  line.add("FILE", &files, "the weights");
  line.add("--out", &out, "the model folder to make");
  line.add("--config", &config, "what network it is: a config.json, a model folder, a run, or a shipped model");
  line.add("--section", &request.section, "the state dict's place in a checkpoint; not needed for usual ones");
  line.add_footer(layouts_help());
  if (!line.parse(arguments)) return 0;
  line.require(layout_name, "LAYOUT");
  line.require(files.empty() ? "" : files.front(), "FILE");
  line.require(out, "--out MODEL");
  if (fs::exists(out)) throw UsageError(out, got_expected("a path that exists", "a new model folder"));

  request.files.assign(files.begin(), files.end());
  find_config(config, request);
  const ChosenLayout chosen = layout_to_import(layout_name, request);
  io::AtomicFolder folder(out);
  request.folder = folder.path();
  chosen.layout->import_model(request);
  write_readme(request, layout_name, "cairn import " + join(arguments, " "));
  folder.commit();
  Json result{{"model", out}, {"system", chosen.system->name}, {"layout", layout_name}};
  result.update(count_tensors(fs::path(out) / "model.safetensors"));
  print_result(result, line.style());
  return 0;
}

}  // namespace cairn::tool
