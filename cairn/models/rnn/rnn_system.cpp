#include "cairn/models/rnn/rnn_system.h"

#include "cairn/models/rnn/rnn_bench.h"
#include "cairn/models/rnn/rnn_config.h"
#include "cairn/models/rnn/rnn_demo.h"
#include "cairn/models/rnn/rnn_pipeline.h"
#include "cairn/models/rnn/rnn_weights.h"
#include "cairn/models/rnn/sequence_task.h"
#include "cairn/models/section_help.h"

namespace cairn::rnn {

System rnn_system() {
  System system;
  system.name = "rnn";
  system.summary =
      "RNN, LSTM and GRU: language models of words, characters, bytes or pieces of words, and a label at each step of "
      "a sequence";
  system.learner = make_task;
  system.evaluator = make_evaluator;
  system.pipeline = [](const std::filesystem::path& folder) {
    return std::make_unique<SequenceModel>(SequenceModel::load(folder));
  };
  system.demo = demo;
  system.benchmarks = benchmarks;
  system.options_help = [] {
    return help_of<ModelConfig>("model") + help_of<DataConfig>("data") + help_of<EvalConfig>("eval");
  };
  system.layouts = layouts();
  return system;
}

}  // namespace cairn::rnn
