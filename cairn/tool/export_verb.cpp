// `cairn export`: a model's weights in a foreign layout.
#include <filesystem>

#include "cairn/tool/command_line.h"
#include "cairn/tool/layouts.h"
#include "cairn/tool/model_path.h"
#include "cairn/tool/tensor_info.h"

namespace cairn::tool {

int export_verb(const Arguments& arguments) {
  CommandLine line("export");
  std::string model, layout_name, out;
  line.add("MODEL", &model, "a model folder, a run folder, or a shipped model's name");
  line.add("LAYOUT", &layout_name, "whose names and form the weights get");
  line.add("--out", &out, "the file to write");
  line.add_footer(layouts_help());
  if (!line.parse(arguments)) return 0;
  line.require(model, "MODEL");
  line.require(layout_name, "LAYOUT");
  line.require(out, "--out FILE");

  const auto folder = model_folder(model);
  const ChosenLayout chosen = layout_to_export(layout_name, folder);
  chosen.layout->export_model({.model_folder = folder, .out = out});
  Json result{{"out", out}, {"system", chosen.system->name}, {"layout", layout_name}};
  result.update(count_tensors(folder / "model.safetensors"));
  print_result(result, line.style());
  return 0;
}

}  // namespace cairn::tool
