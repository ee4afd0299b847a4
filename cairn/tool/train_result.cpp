#include "cairn/tool/train_result.h"

namespace cairn::tool {

Json to_json(const train::Metrics& metrics, const std::string& prefix) {
  Json json = Json::object();
  for (const auto& [name, value] : metrics) json[prefix + name] = value;
  return json;
}

int print_train_result(const train::TrainResult& result, const std::filesystem::path& run, const OutputStyle& style) {
  Json json{{"run", run.string()},
            {"model", result.interrupted ? Json() : Json((run / "model").string())},
            {"steps", result.steps},
            {"epochs", result.epochs},
            {"seconds", result.seconds},
            {"parameters", result.parameters},
            {"metrics", to_json(result.metrics)}};
  if (result.interrupted) json["interrupted"] = true;
  print_result(json, style);
  return result.interrupted ? 1 : 0;
}

}  // namespace cairn::tool
