// Gradient checkpointing, all of it: for programs that have a LibTorch network and a loop of their own.
//
//   checkpoint(f, x)          one region, recomputed in the backward                  checkpointing/checkpoint.h
//   Chain, execute            a network as stages, under any schedule                 checkpointing/execute.h
//   measure, Planner          what stages cost, and the fastest schedule that fits    checkpointing/planner.h
//   SavedTensorHooks          keep saved tensors elsewhere or in other form checkpointing/saved_tensor_hooks.h
#pragma once

#include "cairn/train/checkpointing/checkpoint.h"
#include "cairn/train/checkpointing/execute.h"
#include "cairn/train/checkpointing/measure.h"
#include "cairn/train/checkpointing/planner.h"
#include "cairn/train/checkpointing/saved_tensor_hooks.h"
#include "cairn/train/checkpointing/schedule.h"
#include "cairn/train/checkpointing/terms.h"
#include "cairn/train/memory_meter.h"
