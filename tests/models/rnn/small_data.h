// Small texts and sequences on the disk, and tasks over them.
#pragma once

#include <gtest/gtest.h>
#include <torch/types.h>

#include <filesystem>
#include <fstream>

#include "cairn/base/log.h"
#include "cairn/io/npy.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/models/rnn/sequence_task.h"
#include "cairn/train/resume.h"
#include "cairn/train/trainer.h"

namespace cairn::rnn {

/// A test with a folder of its own.
class WithFolder : public testing::Test {
 protected:
  void SetUp() override { log::set_level(log::Level::quiet); }

  std::string at(const std::string& name) const { return (folder_ / name).string(); }
  std::string text(const std::string& name, const std::string& bytes) const {
    std::ofstream(at(name)) << bytes;
    return at(name);
  }
  void sequence(const std::string& set, const std::string& name, const torch::Tensor& x, const torch::Tensor& y) const {
    std::filesystem::create_directories(folder_ / set);
    io::write_npy(folder_ / set / (name + ".npy"), x);
    io::write_npy(folder_ / set / (name + ".labels.npy"), y);
  }

  static train::Recipe recipe(const Json& values) { return train::load_recipe(Document(values, "test"), "rnn/test"); }

  train::TrainResult run(const std::string& name, const train::Recipe& recipe) const {
    auto run = train::RunFolder::create({.path = at(name), .recipe = recipe, .command = "cairn train test"});
    return go_on(run);
  }
  static train::TrainResult go_on(train::RunFolder& run) {
    const auto recipe = run.recipe();
    const auto task = make_task(recipe);
    return train::Trainer(train::read_train_config(recipe.document)).run(*task, run);
  }
  static double metric(const train::TrainResult& result, const std::string& name) {
    for (const auto& [key, value] : result.metrics) {
      if (key == name) return value;
    }
    ADD_FAILURE() << "no metric " << name;
    return 0;
  }

  io::TemporaryFolder temporary_;
  std::filesystem::path folder_ = temporary_.path();
};

}  // namespace cairn::rnn
