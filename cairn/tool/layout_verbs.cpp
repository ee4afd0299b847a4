// `cairn import` and `cairn export`: model folders from and to other programs' weight files.
#include <filesystem>

#include "cairn/base/error.h"
#include "cairn/base/text.h"
#include "cairn/io/atomic_file.h"
#include "cairn/models/registry.h"
#include "cairn/tool/command_line.h"
#include "cairn/tool/model_path.h"

namespace cairn::tool {

namespace fs = std::filesystem;

namespace {

using Layouts = std::vector<Layout>;

Layouts layouts_of(const System& system) {
  Layouts list{pytorch_layout()};
  list.insert(list.end(), system.layouts.begin(), system.layouts.end());
  return list;
}

Layouts all_layouts() {
  Layouts list{pytorch_layout()};
  for (const System& system : systems()) list.insert(list.end(), system.layouts.begin(), system.layouts.end());
  return list;
}

const Layout& layout_named(const Layouts& layouts, const std::string& name) {
  std::vector<std::string> names;
  for (const Layout& layout : layouts) {
    if (layout.name == name) return layout;
    names.push_back(layout.name);
  }
  throw UsageError("layout",
                   cat("unknown layout '", name, "'", did_you_mean(name, names), "; known: ", join(names, ", ")));
}

std::string list_of(const Layouts& layouts) {
  std::string text;
  for (const Layout& layout : layouts) text += cat("\n  ", layout.name, ": ", layout.summary);
  return text;
}

}  // namespace

int import_verb(const Arguments& arguments) {
  CommandLine line("import");
  std::string name, out;
  std::vector<std::string> files;
  line.app().add_option("LAYOUT", name, "the files' layout:" + list_of(all_layouts()));
  line.app().add_option("FILE", files, "the files to read");
  line.app().add_option("--out", out, "the model folder to make");
  if (!line.parse(arguments)) return 0;
  line.require(name, "LAYOUT");
  line.require(files.empty() ? "" : files.front(), "FILE");
  line.require(out, "--out");

  const auto layouts = all_layouts();
  const Layout& layout = layout_named(layouts, name);
  if (!layout.import_model) throw UsageError(name, "this layout can be written but not read");
  if (fs::exists(out)) throw UsageError("--out", got_expected(out + ", which exists", "a new folder"));
  io::AtomicFolder folder(out);
  layout.import_model({files.begin(), files.end()}, folder.path());
  const System& system = system_of(folder.path());
  system.pipeline(
      folder.path());  // opens it as any user would: what is wrong with the weights shows before the folder does
  folder.commit();
  print_result({{"model", out}, {"system", system.name}, {"layout", name}}, line.style());
  return 0;
}

int export_verb(const Arguments& arguments) {
  CommandLine line("export");
  std::string model, name, out;
  line.app().add_option("MODEL", model, "a model folder, a run folder, or a shipped model's name");
  line.app().add_option("LAYOUT", name, "the layout to write:" + list_of(all_layouts()));
  line.app().add_option("--out", out, "the file to write");
  if (!line.parse(arguments)) return 0;
  line.require(model, "MODEL");
  line.require(name, "LAYOUT");
  line.require(out, "--out");

  const fs::path folder = model_folder(model);
  const auto layouts = layouts_of(system_of(folder));
  const Layout& layout = layout_named(layouts, name);
  if (!layout.export_model) throw UsageError(name, "this layout can be read but not written");
  layout.export_model(folder, out);
  print_result({{"file", out}, {"layout", name}, {"bytes", fs::file_size(out)}}, line.style());
  return 0;
}

}  // namespace cairn::tool
