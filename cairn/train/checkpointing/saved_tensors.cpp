// The forward runs with gradients, and each tensor that it saves is dropped, a number left in its place. The first
// number that the backward asks for makes the forward run again; its n-th saved tensor is number n.
#include "cairn/train/checkpointing/saved_tensors.h"

#include <memory>
#include <optional>

#include <torch/csrc/autograd/grad_mode.h>

#include "cairn/base/error.h"
#include "cairn/train/checkpointing/conditions.h"
#include "cairn/train/checkpointing/fingerprint.h"
#include "cairn/train/checkpointing/saved_tensor_hooks.h"

namespace cairn::checkpointing {

namespace {

/// Leaves a forward whose remainder nobody needs. Not an error, so not a std::exception: no handler of f's may take it.
struct EarlyStop {};

/// One call of checkpoint(). Shared by the hooks of all tensors that its forward saved.
class Frame : public std::enable_shared_from_this<Frame> {
 public:
  Frame(Region f, const Activations& inputs, CheckpointOptions options)
      : f_(std::move(f)), options_(std::move(options)), conditions_(inputs), kept_(options_.keep, options_.name) {
    keep(inputs);
  }

  Activations forward(const Activations& inputs) {
    Activations outputs;
    {
      const OwnAutocastCache cache;
      const SavedTensorHooks hooks([this](const torch::Tensor& tensor) { return number(tensor); });
      const Listening listening(kept_, KeptOutputs::Mode::record);
      outputs = f_(inputs);
    }
    conditions_.drop_unused();
    return outputs;
  }

 private:
  /// The inputs are saved for the backward too: where this stands inside another region, that one may drop them.
  void keep(const Activations& inputs) {
    versions_ = Versions(inputs);
    const Pack* outer = SavedTensorHooks::innermost();
    for (const auto& input : inputs) {
      const bool hooked = outer && input.defined();
      requires_grad_.push_back(input.defined() && input.requires_grad());
      inputs_.push_back(hooked ? (*outer)(input) : Unpack([kept = input] { return kept; }));
      directly_kept_ = directly_kept_ && !hooked;
    }
  }

  Unpack number(const torch::Tensor& tensor) {
    prints_.push_back(Fingerprint({tensor}, {.values = options_.verify}));
    tensors_.emplace_back();
    return [frame = shared_from_this(), n = tensors_.size() - 1] { return frame->take(n); };
  }

  torch::Tensor take(size_t n) {
    if (!tensors_[n]) run_again();
    return std::exchange(tensors_[n], std::nullopt).value();
  }

  Activations inputs_again() const {
    Activations inputs;
    for (const auto& unpack : inputs_) inputs.push_back(unpack());
    if (directly_kept_) versions_.check(inputs, options_.name);
    Activations copies;
    for (size_t i = 0; i < inputs.size(); ++i) {
      copies.push_back(inputs[i].defined() ? inputs[i].detach().requires_grad_(requires_grad_[i]) : inputs[i]);
    }
    return copies;
  }

  void run_again() {
    const torch::AutoGradMode with_gradient(true);
    const Activations inputs = inputs_again();
    const Reenactment reenactment(conditions_);
    size_t saved = 0;
    const SavedTensorHooks hooks([&](const torch::Tensor& tensor) {
      receive(saved++, tensor);
      if (saved == tensors_.size() && options_.early_stop) throw EarlyStop();
      return Unpack([] { return torch::Tensor(); });  // nobody runs a backward through the second graph
    });
    const Listening listening(kept_, KeptOutputs::Mode::replay);
    try {
      f_(inputs);
    } catch (const EarlyStop&) {
      return;
    }
    if (saved != tensors_.size()) differ(cat(saved, " tensors were saved, ", tensors_.size(), " in the first forward"));
  }

  void receive(size_t n, const torch::Tensor& tensor) {
    if (n >= tensors_.size())
      differ(cat("more than the ", tensors_.size(), " tensors of the first forward were saved"));
    prints_[n].check({tensor}, options_.name);
    tensors_[n] = tensor.detach();
  }

  [[noreturn]] void differ(const std::string& what) const {
    throw UsageError(options_.name, "recomputed: " + what + "; it must do the same operations each time");
  }

  Region f_;
  CheckpointOptions options_;
  Conditions conditions_;
  KeptOutputs kept_;
  Versions versions_;
  std::vector<Unpack> inputs_;
  std::vector<bool> requires_grad_;
  bool directly_kept_ = true;
  std::vector<Fingerprint> prints_;                    // of the saved tensors
  std::vector<std::optional<torch::Tensor>> tensors_;  // computed again and not yet taken
};

}  // namespace

Activations checkpoint_saved_tensors(const Region& f, const Activations& inputs, const CheckpointOptions& options) {
  return std::make_shared<Frame>(f, inputs, options)->forward(inputs);
}

}  // namespace cairn::checkpointing
