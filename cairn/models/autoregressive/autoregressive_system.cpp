#include "cairn/models/autoregressive/autoregressive_system.h"

#include "cairn/models/autoregressive/autoregressive_bench.h"
#include "cairn/models/autoregressive/autoregressive_config.h"
#include "cairn/models/autoregressive/autoregressive_demo.h"
#include "cairn/models/autoregressive/autoregressive_pipeline.h"
#include "cairn/models/autoregressive/autoregressive_task.h"
#include "cairn/models/autoregressive/model_factory.h"
#include "cairn/models/section_help.h"
#include "cairn/models/state_dict_layouts.h"

namespace cairn::autoregressive {

System autoregressive_system() {
  System system;
  system.name = "autoregressive";
  system.summary =
      "density models p(x) and p(x, y): FVSBN, NADE, deep orderless NADE, MADE, PixelCNN, Gated PixelCNN, Row "
      "LSTM, Diagonal BiLSTM, and Bernoulli baselines";
  system.learner = make_task;
  system.evaluator = make_evaluator;
  system.pipeline = [](const std::filesystem::path& folder) {
    return std::make_unique<DensityEstimator>(DensityEstimator::load(folder));
  };
  system.options_help = [] {
    return help_of<ModelConfig>("model") + help_of<DataConfig>("data") + help_of<EvalConfig>("eval");
  };
  system.layouts =
      state_dict_layouts({.name = system.name, .make_network = [](const Json& model, const std::string& source) {
                            return make_model(ModelSpec::from_json(model, source));
                          }});
  system.demo = demo;
  system.benchmarks = benchmarks;
  return system;
}

}  // namespace cairn::autoregressive
