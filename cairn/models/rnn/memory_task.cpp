#include "cairn/models/rnn/memory_task.h"

#include "cairn/base/error.h"
#include "cairn/metrics/interval.h"
#include "cairn/ops/cross_entropy.h"

namespace cairn::rnn {

using data::MemoryProblem;
using Kind = MemoryProblem::Kind;

namespace {

/// Steps at the end at which something is asked.
int64_t asked(const MemoryProblem& problem) {
  return problem.kind == Kind::copy ? data::kCopyCount : 1;
}

torch::Tensor last_steps(const torch::Tensor& h, const MemoryProblem& problem) {
  return h.narrow(0, h.size(0) - asked(problem), asked(problem));
}

}  // namespace

MemoryProblem memory_problem(const ModelConfig& model, int64_t length) {
  return {.kind = model.task == "copy" ? Kind::copy : Kind::adding, .T = length};
}

Sizes sizes_of(const MemoryProblem& problem) {
  return {problem.inputs(), problem.kind == Kind::copy ? data::kCopySymbols : 1};
}

torch::Tensor answers(const SequenceRunner& runner, const MemoryProblem& problem, const torch::Tensor& x) {
  auto state = runner.start(x.size(0));
  const auto h = last_steps(runner.hidden(x.transpose(0, 1).contiguous(), state), problem);
  return runner.logits(h.flatten(0, 1)).view({h.size(0), h.size(1), -1});
}

MemoryTask::MemoryTask(LoadedModel loaded, DataConfig data, EvalConfig eval)
    : SequenceTask(std::move(loaded), std::move(data), eval),
      problem_(memory_problem(loaded_.spec.config, data_.length)) {
  data::check_problem(problem_);
  if (loaded_.spec.config.bidirectional) throw UsageError("model.bidirectional", "would see the end from both sides");
}

std::unique_ptr<data::Stream> MemoryTask::stream(int64_t batch, RandomStream random) {
  return std::make_unique<data::MemoryStream>(problem_, batch, random);
}

std::optional<train::StagedLosses> MemoryTask::stages(const data::Batch& batch, const train::StepContext& /*context*/) {
  const auto& network = *loaded_.network;
  const auto x = batch["x"].transpose(0, 1).contiguous();
  const auto loss = [this, &network, y = batch["y"]](const torch::Tensor& h) {
    const auto end = last_steps(h, problem_).flatten(0, 1);
    if (copies()) return ops::cross_entropy(end, network.output_weight(), network.output_bias(), y.t().flatten()).mean;
    return torch::mse_loss(torch::linear(end, network.output_weight(), network.output_bias()).squeeze(1), y);
  };
  return staged_losses(network.stages(network.stack().zero_state(x.size(1))), x, {leading_metric(), loss});
}

train::Evaluation MemoryTask::evaluate(const train::EvaluateOptions& options) {
  constexpr int64_t kSequences = 1000, kAtOnce = 50;
  const int64_t limit = options.limit > 0 ? options.limit : (options.final ? 0 : eval_.limit);
  const int64_t count = limit > 0 ? std::min(limit, kSequences) : kSequences;
  const RandomStream random(0, cat("memory problem, ", data::name_of(options.split)));
  const SequenceRunner runner(*loaded_.network);
  metrics::Estimator loss, accuracy;
  for (int64_t begin = 0; begin < count; begin += kAtOnce) {
    const auto drawn = data::draw_sequences(problem_, begin, std::min(kAtOnce, count - begin), random);
    const auto answer = answers(runner, problem_, drawn.x);
    if (copies()) {
      const auto p = torch::log_softmax(answer.to(torch::kFloat64), 2);
      loss.add(-p.gather(2, drawn.y.t().unsqueeze(2)));
      accuracy.add(answer.argmax(2).eq(drawn.y.t()));
    } else {
      loss.add((answer.flatten() - drawn.y).to(torch::kFloat64).square());
    }
  }
  train::Evaluation result{.metrics = {{leading_metric(), loss.estimate().mean}}, .count = count};
  if (copies()) result.metrics.emplace_back("accuracy", accuracy.estimate().mean);
  return result;
}

std::string MemoryTask::leading_metric() const {
  return copies() ? "nll" : "mse";
}

std::string MemoryTask::describe() const {
  const auto& c = loaded_.spec.config;
  return cat(copies() ? "Copy" : "Adding", " problem, T = ", problem_.T, ": ", c.layers, " ", c.cell, " layer(s) of ",
             c.hidden, " units, on sequences drawn as they were needed.");
}

}  // namespace cairn::rnn
