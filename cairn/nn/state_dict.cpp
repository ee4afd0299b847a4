#include "cairn/nn/state_dict.h"

#include <vector>

#include "cairn/base/error.h"
#include "cairn/base/text.h"

namespace cairn::nn {

std::map<std::string, torch::Tensor> state_dict(const torch::nn::Module& module) {
  std::map<std::string, torch::Tensor> tensors;
  for (const auto& item : module.named_parameters()) tensors[item.key()] = item.value();
  for (const auto& item : module.named_buffers()) tensors[item.key()] = item.value();
  return tensors;
}

namespace {

std::vector<std::string> differences(const std::map<std::string, torch::Tensor>& own,
                                     const std::map<std::string, torch::Tensor>& given) {
  std::vector<std::string> lines;
  for (const auto& [name, tensor] : own) {
    const auto found = given.find(name);
    if (found == given.end()) {
      lines.push_back(cat("missing tensor '", name, "' ", tensor.sizes()));
    } else if (found->second.sizes() != tensor.sizes()) {
      lines.push_back(cat("tensor '", name, "': ", got_expected(found->second.sizes(), tensor.sizes())));
    } else if (found->second.is_floating_point() != tensor.is_floating_point()) {
      lines.push_back(cat("tensor '", name, "': ", got_expected(found->second.dtype(), tensor.dtype())));
    }
  }
  for (const auto& [name, tensor] : given) {
    if (!own.count(name)) lines.push_back(cat("unexpected tensor '", name, "' ", tensor.sizes()));
  }
  return lines;
}

}  // namespace

void load_state_dict(torch::nn::Module& module, const std::map<std::string, torch::Tensor>& tensors,
                     const std::string& source) {
  auto own = state_dict(module);
  const auto lines = differences(own, tensors);
  if (!lines.empty()) throw InputError(source, join(lines, "; "));
  torch::NoGradGuard no_grad;
  for (auto& [name, tensor] : own) tensor.copy_(tensors.at(name));
}

int64_t parameter_count(const torch::nn::Module& module) {
  int64_t count = 0;
  for (const auto& parameter : module.parameters()) count += parameter.numel();
  return count;
}

}  // namespace cairn::nn
