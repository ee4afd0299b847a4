#include "cairn/train/autocast.h"

#include <ATen/autocast_mode.h>

namespace cairn::train {

Autocast::Autocast(Options options) : options_(options) {
  if (!options_.enabled) return;
  was_enabled_ = at::autocast::is_autocast_enabled(options_.device);
  was_dtype_ = at::autocast::get_autocast_dtype(options_.device);
  at::autocast::set_autocast_enabled(options_.device, true);
  at::autocast::set_autocast_dtype(options_.device, torch::kBFloat16);
}

Autocast::~Autocast() {
  if (!options_.enabled) return;
  at::autocast::clear_cache();
  at::autocast::set_autocast_enabled(options_.device, was_enabled_);
  at::autocast::set_autocast_dtype(options_.device, was_dtype_);
}

}  // namespace cairn::train
