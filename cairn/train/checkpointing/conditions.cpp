#include "cairn/train/checkpointing/conditions.h"

#include <algorithm>
#include <mutex>

#include <ATen/Context.h>
#include <ATen/autocast_mode.h>

namespace cairn::checkpointing {

namespace {

/// The CPU and every other device that holds an input, each once.
std::vector<torch::Device> devices_of(const Activations& inputs) {
  std::vector<torch::Device> devices{torch::Device(torch::kCPU)};
  for (const auto& input : inputs) {
    const bool known = !input.defined() || std::find(devices.begin(), devices.end(), input.device()) != devices.end();
    if (!known) devices.push_back(input.device());
  }
  return devices;
}

torch::Tensor state_of(at::Generator& generator) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  return generator.get_state();
}

void set_state(at::Generator& generator, const torch::Tensor& state) {
  const std::lock_guard<std::mutex> lock(generator.mutex());
  generator.set_state(state);
}

AutocastSetting autocast_of(torch::DeviceType device) {
  return {device, at::autocast::is_autocast_enabled(device), at::autocast::get_autocast_dtype(device)};
}

void set_autocast(const std::vector<AutocastSetting>& settings) {
  for (const auto& setting : settings) {
    at::autocast::set_autocast_enabled(setting.device, setting.enabled);
    at::autocast::set_autocast_dtype(setting.device, setting.dtype);
  }
}

bool any_autocast() {
  return at::autocast::is_autocast_enabled(torch::kCPU) || at::autocast::is_autocast_enabled(torch::kCUDA);
}

}  // namespace

Conditions::Conditions(const Activations& inputs) {
  for (const auto& device : devices_of(inputs)) {
    at::Generator generator = at::globalContext().defaultGenerator(device);
    torch::Tensor state = state_of(generator);
    generators_.push_back({std::move(generator), std::move(state)});
    autocast_.push_back(autocast_of(device.type()));
  }
}

void Conditions::drop_unused() {
  std::erase_if(generators_, [](Generator& g) { return torch::equal(g.state, state_of(g.generator)); });
}

int64_t Conditions::bytes() const {
  int64_t bytes = 0;
  for (const auto& g : generators_) bytes += static_cast<int64_t>(g.state.nbytes());
  return bytes;
}

Reenactment::Reenactment(const Conditions& conditions) {
  for (const auto& g : conditions.generators()) {
    at::Generator generator = g.generator;
    generators_.push_back({generator, state_of(generator)});
    set_state(generator, g.state);
  }
  for (const auto& setting : conditions.autocast()) autocast_.push_back(autocast_of(setting.device));
  set_autocast(conditions.autocast());
}

Reenactment::~Reenactment() {
  if (any_autocast()) at::autocast::clear_cache();
  set_autocast(autocast_);
  for (auto& g : generators_) set_state(g.generator, g.state);
}

OwnAutocastCache::OwnAutocastCache() {
  if (any_autocast()) at::autocast::clear_cache();
}

OwnAutocastCache::~OwnAutocastCache() {
  if (any_autocast()) at::autocast::clear_cache();
}

}  // namespace cairn::checkpointing
