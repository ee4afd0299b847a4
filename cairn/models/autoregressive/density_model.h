// What every model of this room offers: log p(x) as a product of conditionals in some order, and the conditionals one
// at a time for sampling, completion and coding.
#pragma once

#include <memory>
#include <optional>

#include <torch/nn/module.h>

#include "cairn/base/random.h"
#include "cairn/models/autoregressive/order.h"
#include "cairn/nn/chain.h"
#include "cairn/ops/variables.h"

namespace cairn::autoregressive {

/// Walks through the variables of N examples in one order. What an example gets depends on that example alone, bit for
/// bit: not on the batch, the threads or the machine (ops/row_kernels.h). So a decoder repeats the encoder's steps.
class Stepper {
 public:
  virtual ~Stepper() = default;
  /// Logits of the variable at the current position: `out` gets N x (K - 1) floats, level 0 being the reference.
  virtual void logits(float* out) = 0;
  /// Fixes that variable (`values`: N levels) and moves on to the next position.
  virtual void observe(const int64_t* values) = 0;
};

/// Base of all models. x is [B, D], uint8, values 0 .. K_d - 1; a joint model's last column is the label.
class DensityModel : public torch::nn::Module {
 public:
  explicit DensityModel(ops::Variables variables) : variables_(std::move(variables)) {}

  const ops::Variables& variables() const { return variables_; }

  /// Members of the ensemble: p(x) is the mean of the members' p(x), each over an order of its own.
  virtual int64_t members() const { return 1; }
  virtual const Order& order(int64_t member) const = 0;
  /// Whether `stepper` can follow any order, not only its members'.
  virtual bool orderless() const { return false; }

  /// log p(x_d | what precedes d in the member's order): [B, D] in the order of the columns of x.
  virtual torch::Tensor conditionals(const torch::Tensor& x, int64_t member) = 0;
  /// log p(x) over the member's order, [B]: the sum of the conditionals, unless the model has it for less.
  virtual torch::Tensor log_p(const torch::Tensor& x, int64_t member) { return conditionals(x, member).sum(1); }
  /// What training minimises, one value an example: [B]. By default what `staged_objective` gives, or -log p(x).
  virtual torch::Tensor objective(const torch::Tensor& x, RandomStream random);
  /// The objective of a network with several layers, stage by stage: the last one gives [B].
  struct Staged {
    nn::Chain chain;
    torch::Tensor input;  ///< a^0
  };
  virtual std::optional<Staged> staged_objective(const torch::Tensor& x, RandomStream random);
  /// The label's conditional, the last column's, counts `weight` times in the objective: above 1 a joint model gives up
  /// likelihood for classification (hybrid training, Larochelle & Bengio 2008). 1 at first.
  void set_label_weight(double weight) { label_weight_ = weight; }
  /// Keeps what the network's structure demands (masked weights at zero) after an optimiser step.
  virtual void after_step() {}
  /// Starts the output biases at the data's own frequencies. `frequencies`: [R], of each row of ops::one_hot.
  virtual void set_frequencies(const torch::Tensor& frequencies) = 0;

  /// A member's own order.
  Path path(int64_t member) const { return {member, order(member)}; }
  /// Throws UsageError if the model cannot follow `path`.
  virtual std::unique_ptr<Stepper> stepper(const Path& path, int64_t examples) = 0;

 protected:
  /// The objective [B] from an example's log conditionals [B, D].
  torch::Tensor objective_of(const torch::Tensor& terms) const;
  /// Throws UsageError if `path` is not the member's own.
  void check(const Path& path) const;

 private:
  ops::Variables variables_;
  double label_weight_ = 1;
};

/// log p(x) of the ensemble's first `members` members: [B], log-mean-exp over their full log p(x).
torch::Tensor log_likelihood(DensityModel& model, const torch::Tensor& x, int64_t members);
torch::Tensor log_likelihood(DensityModel& model, const torch::Tensor& x);

/// The parameter's values as contiguous floats, for steppers.
torch::Tensor as_floats(const torch::Tensor& parameter);

}  // namespace cairn::autoregressive
