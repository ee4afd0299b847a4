#include "cairn/train/device.h"

#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <torch/cuda.h>

#include "cairn/base/error.h"

namespace cairn::train {

namespace {

torch::Device parse(const std::string& name) {
  const auto refuse = [&] { return UsageError("train.device", got_expected(name, "cpu, cuda or cuda:N")); };
  if (name == "cpu") return torch::kCPU;
  if (name == "cuda") return torch::Device(torch::kCUDA, 0);
  if (name.rfind("cuda:", 0) != 0 || name.size() < 6 || name.size() > 7) throw refuse();
  if (name.find_first_not_of("0123456789", 5) != std::string::npos) throw refuse();
  return torch::Device(torch::kCUDA, static_cast<c10::DeviceIndex>(std::stoi(name.substr(5))));
}

}  // namespace

torch::Device set_up_compute(const ComputeOptions& options) {
  const torch::Device device = parse(options.device);
  if (options.threads > 0) at::set_num_threads(static_cast<int>(options.threads));
  at::globalContext().setDeterministicAlgorithms(options.deterministic, /*warn_only=*/true);
  // LibTorch fills every new tensor, a tenth of a step. In debug builds its NaNs show who reads what nobody wrote.
#ifdef NDEBUG
  at::globalContext().setDeterministicFillUninitializedMemory(false);
#endif
  at::globalContext().setBenchmarkCuDNN(false);
  if (device.is_cuda()) {
    const auto devices = static_cast<int>(torch::cuda::device_count());
    if (device.index() >= devices) {
      throw EnvironmentError(
          "train.device",
          got_expected(options.device, cat("a device that is here; CUDA devices seen by this LibTorch: ", devices)));
    }
  }
  return device;
}

}  // namespace cairn::train
