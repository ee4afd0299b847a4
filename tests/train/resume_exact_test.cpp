// A run that was stopped, however, ends in the same bytes as one that was not.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "cairn/base/error.h"
#include "cairn/base/log.h"
#include "cairn/io/atomic_file.h"
#include "cairn/io/temporary_folder.h"
#include "cairn/train/resume.h"
#include "cairn/train/trainer.h"
#include "tests/train/tiny_task.h"

namespace cairn::train {
namespace fs = std::filesystem;
namespace {

class ResumeExact : public ::testing::Test {
 protected:
  void SetUp() override { log::set_level(log::Level::quiet); }
  void TearDown() override {
    std::error_code ignored;
    fs::permissions(at("run") / "checkpoints", fs::perms::owner_all, ignored);
  }

  fs::path at(const std::string& name) const { return folder_.path() / name; }

  RunFolder begin(const std::string& name, const std::vector<std::string>& overrides = {}) {
    return RunFolder::create({.path = at(name), .recipe = tiny_recipe(overrides), .command = "cairn train tiny"});
  }
  static TrainResult go_on(RunFolder& folder, TinyTask& task) {
    return Trainer(read_train_config(folder.recipe().document)).run(task, folder);
  }
  static std::string bytes(const fs::path& path) { return io::read_file(path, 1 << 24); }

  /// log.jsonl without what depends on the clock.
  static std::string metrics_of(const fs::path& run) {
    std::istringstream lines(bytes(run / "log.jsonl"));
    std::string text;
    for (std::string line; std::getline(lines, line);) {
      Json json = Json::parse(line);
      json.erase("seconds");
      json.erase("rate");
      json.erase("memory");  // a resumed process holds what it has read
      text += json.dump() + "\n";
    }
    return text;
  }
  void expect_same(const std::string& whole, const std::string& other) {
    EXPECT_EQ(bytes(at(whole) / "model/model.safetensors"), bytes(at(other) / "model/model.safetensors"));
    EXPECT_EQ(metrics_of(at(whole)), metrics_of(at(other)));
  }

  io::TemporaryFolder folder_;
};

void run_whole(RunFolder folder) {
  TinyTask task;
  const auto result = Trainer(read_train_config(folder.recipe().document)).run(task, folder);
  EXPECT_EQ(result.steps, 24);
  EXPECT_FALSE(result.interrupted);
}

TEST_F(ResumeExact, AfterAFailureAtAnyStep) {
  run_whole(begin("whole"));
  for (int64_t step = 0; step < 24; ++step) {
    const std::string name = cat("failed-", step);
    {
      auto folder = begin(name);
      TinyTask task;
      task.before_losses = [&](const StepContext& context) {
        if (context.step == step && context.micro == 1) throw std::runtime_error("the machine fell over");
      };
      EXPECT_THROW(go_on(folder, task), std::runtime_error);
    }
    auto folder = RunFolder::open(at(name));
    TinyTask task;
    go_on(folder, task);
    expect_same("whole", name);
  }
}

TEST_F(ResumeExact, AfterAStopSignal) {
  run_whole(begin("whole"));
  {
    auto folder = begin("stopped");
    TinyTask task;
    task.before_losses = [](const StepContext& context) {
      if (context.step == 9 && context.micro == 0) ::raise(SIGTERM);
    };
    const auto result = go_on(folder, task);
    EXPECT_TRUE(result.interrupted);
    EXPECT_EQ(result.steps, 10);
    EXPECT_TRUE(fs::exists(folder.checkpoints() / "step-10" / "state.json"));
    EXPECT_FALSE(fs::exists(folder.model()));
  }
  auto folder = RunFolder::open(at("stopped"));
  TinyTask task;
  EXPECT_FALSE(go_on(folder, task).interrupted);
  expect_same("whole", "stopped");
}

/// Trains in a process of its own until it ends or `microseconds` are over; then kills it.
bool train_and_kill(const fs::path& path, useconds_t microseconds) {
  const pid_t child = ::fork();
  if (child == 0) {
    try {
      auto folder = RunFolder::open(path);
      TinyTask task;
      Trainer(read_train_config(folder.recipe().document)).run(task, folder);
      ::_exit(0);
    } catch (const std::exception&) {
      ::_exit(3);
    }
  }
  ::usleep(microseconds);
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_FALSE(WIFEXITED(status) && WEXITSTATUS(status) != 0) << "the resumed run failed";
  return WIFEXITED(status);
}

TEST_F(ResumeExact, AfterKillsAtRandomInstants) {
  // A checkpoint after every step: most of the time goes into writing them, so most kills fall into a write.
  const std::vector<std::string> often = {"train.checkpoint_every=1", "train.threads=1"};
  run_whole(begin("whole", often));
  RandomStream random(20, "kills");
  for (int run = 0; run < 30; ++run) {
    const std::string name = cat("killed-", run);
    {
      begin(name, often);
    }
    int kills = 0;
    // Longer from kill to kill, so that a slow machine gets on too.
    while (!train_and_kill(at(name), 2000 + static_cast<useconds_t>(random.below(40000) * (1 + kills)))) {
      ASSERT_LT(++kills, 200);
    }
    expect_same("whole", name);
  }
}

TEST_F(ResumeExact, ADamagedCheckpointIsPassedOver) {
  run_whole(begin("whole"));
  {
    auto folder = begin("damaged");
    TinyTask task;
    task.before_losses = [](const StepContext& context) {
      if (context.step == 18) throw std::runtime_error("stop");
    };
    EXPECT_THROW(go_on(folder, task), std::runtime_error);
  }
  fs::resize_file(at("damaged") / "checkpoints/step-16/optimizer.safetensors", 100);
  auto folder = RunFolder::open(at("damaged"));
  TinyTask task;
  go_on(folder, task);
  expect_same("whole", "damaged");
}

TEST_F(ResumeExact, AFullDiskNamesTheLastGoodCheckpointAndLeavesItUsable) {
  run_whole(begin("whole"));
  const pid_t child = ::fork();
  if (child == 0) {
    int code = 5;
    try {
      auto folder = begin("full");
      TinyTask task;
      task.before_losses = [](const StepContext& context) {
        if (context.step < 10) return;
        ::signal(SIGXFSZ, SIG_IGN);
        const rlimit limit{.rlim_cur = 300, .rlim_max = RLIM_INFINITY};
        ::setrlimit(RLIMIT_FSIZE, &limit);
      };
      go_on(folder, task);
    } catch (const EnvironmentError& error) {
      code = std::string(error.what()).find("checkpoints/step-8") != std::string::npos ? 0 : 4;
    } catch (const std::exception&) {
      code = 3;
    }
    ::_exit(code);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  auto folder = RunFolder::open(at("full"));
  TinyTask task;
  go_on(folder, task);
  expect_same("whole", "full");
}

TEST_F(ResumeExact, LengtheningGoesOnFromTheEnd) {
  run_whole(begin("run"));
  auto folder = RunFolder::open(at("run"));
  EXPECT_THROW(prepare_resume(folder, {}), UsageError);
  EXPECT_THROW(prepare_resume(folder, {.overrides = {"train.steps=20"}}), UsageError);
  EXPECT_THROW(prepare_resume(folder, {.overrides = {"train.lr=1"}}), UsageError);
  EXPECT_THROW(prepare_resume(folder, {.overrides = {"model.hidden=3"}}), UsageError);
  prepare_resume(folder, {.overrides = {"train.steps=30"}});
  TinyTask task;
  EXPECT_EQ(go_on(folder, task).steps, 30);
}

TEST_F(ResumeExact, OtherThreadCountIsRefusedUnlessAsked) {
  {
    run_whole(begin("run", {"train.threads=1"}));
  }
  auto folder = RunFolder::open(at("run"));
  auto recipe = folder.recipe();
  recipe.document.override_with("train.threads=2");
  recipe.document.override_with("train.steps=26");
  folder.write_recipe(recipe);
  try {
    prepare_resume(folder, {.overrides = {"train.steps=28"}});
    FAIL() << "accepted another thread count";
  } catch (const UsageError& error) {
    EXPECT_NE(std::string(error.what()).find("threads"), std::string::npos) << error.what();
  }
  EXPECT_NO_THROW(prepare_resume(folder, {.overrides = {"train.steps=28"}, .anyway = true}));
}

}  // namespace
}  // namespace cairn::train
