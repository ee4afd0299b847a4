// A moving average of the weights, which is what gets evaluated and saved.
#pragma once

#include <map>
#include <string>
#include <vector>

#include <torch/nn/module.h>

namespace cairn::train {

class Ema {
 public:
  /// Starts at the network's present weights. 0 <= decay < 1; 0 takes the plain mean of the weights that `update` sees
  /// (Polyak & Juditsky 1992).
  Ema(const torch::nn::Module& network, double decay);

  /// average += (1 - d) (weights - average), with d = min(decay, (1 + t) / (10 + t)) after t updates, so that the first
  /// weights do not weigh on a short run; d = t / (t + 1) for the plain mean.
  void update();
  int64_t updates() const { return updates_; }

  std::map<std::string, torch::Tensor> state() const;  ///< averages by parameter name
  /// Takes the averages of every parameter from `state`, which may hold more. Throws InputError naming `source` if one
  /// is missing or of another shape.
  void load(const std::map<std::string, torch::Tensor>& state, int64_t updates, const std::string& source);

  /// Exchanges the network's weights with the averages.
  void swap();

 private:
  std::vector<std::string> names_;
  std::vector<torch::Tensor> weights_, averages_;
  double decay_;
  int64_t updates_ = 0;
};

/// The averages stand in the network for as long as this lives; null: nothing happens.
class WithAverages {
 public:
  explicit WithAverages(Ema* ema) : ema_(ema) {
    if (ema_) ema_->swap();
  }
  ~WithAverages() {
    if (ema_) ema_->swap();
  }
  WithAverages(const WithAverages&) = delete;
  WithAverages& operator=(const WithAverages&) = delete;

 private:
  Ema* ema_;
};

}  // namespace cairn::train
