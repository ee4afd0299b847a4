// `cairn bench`: a small benchmark beside a stand-in for the peers' Python, and what goes wrong.
#include <gtest/gtest.h>

#include "tool.h"

namespace cairn::testing {
namespace {

constexpr const char* kEpoch = "autoregressive/nade_epoch_loop";

/// A program in the place of the peers' Python. It gets the script's path and arguments as Python would.
void make_peer(const Sandbox& sandbox, const std::string& script) {
  sandbox.write("python", "#!/bin/sh\n" + script);
  std::filesystem::permissions(sandbox / "python", std::filesystem::perms::owner_all);
}

Outcome bench(const Sandbox& sandbox, const std::string& python, const std::string& arguments) {
  return sandbox.shell("export CAIRN_PEERS='" + python + "'; cairn bench " + arguments);
}

Json only_row(const Outcome& outcome) {
  EXPECT_EQ(outcome.json().size(), 1U) << outcome.out << outcome.err;
  return outcome.json().at(0);
}

TEST(ToolBench, OperatorsAgainstTheirReferences) {
  const Sandbox sandbox;
  const Outcome outcome = sandbox.cairn({"bench", "ops/nade_reference", "--rounds", "2", "--threads", "1", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json row = only_row(outcome);
  EXPECT_EQ(row["name"], "ops/nade_reference");
  EXPECT_EQ(row["unit"], "s");
  EXPECT_EQ(row["threads"], 1);
  EXPECT_EQ(row["rounds"], 2);
  EXPECT_GT(row["ratio"], 1);
  EXPECT_LE(row["ratio_low"], row["ratio"]);
  EXPECT_GE(row["ratio_high"], row["ratio"]);
  for (const char* name : {"nll", "grad_norm"}) {
    const double ours = row["quality"][name]["ours"], other = row["quality"][name]["peer"];
    EXPECT_NEAR(ours / other, 1, 1e-5) << name;
  }
}

TEST(ToolBench, PeerIsAskedForAsManyRounds) {
  const Sandbox sandbox;
  make_peer(sandbox,
            "echo \"$@\" >arguments; echo ready; while read line; do echo $line >>rounds; echo 1000 nll=7; done");
  const Outcome outcome =
      bench(sandbox, (sandbox / "python").string(), std::string(kEpoch) + " --rounds 3 --threads 1 --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json row = only_row(outcome);
  EXPECT_EQ(row["peer"], 1000);
  EXPECT_NEAR(row["ratio"].get<double>() * row["ours"].get<double>(), 1000, 1)
      << "of three rounds the median is one of them";
  EXPECT_EQ(row["quality"]["nll"]["peer"], 7);
  EXPECT_EQ(row["note"], "");
  EXPECT_EQ(sandbox.read("rounds"), "round\nround\nround\nround\n");  // the first warms up
  EXPECT_NE(sandbox.read("arguments").find("bench/versus/nade.py --threads 1 --folder "), std::string::npos);
}

TEST(ToolBench, WithoutPeersSaysHowToInstallThem) {
  const Sandbox sandbox;
  const Outcome outcome =
      sandbox.shell(std::string("export CAIRN_PEERS=; cairn bench ") + kEpoch + " --rounds 1 --threads 1 --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json row = only_row(outcome);
  if (!row["peer"].is_null()) GTEST_SKIP() << "the peers are installed in this checkout";
  EXPECT_TRUE(row["ratio"].is_null());
  EXPECT_GT(row["ours"], 0);
  EXPECT_NE(row["note"].get<std::string>().find("./run peers"), std::string::npos);
  EXPECT_NE(outcome.err.find("./run peers"), std::string::npos);
}

TEST(ToolBench, PeerThatFailsIsNoted) {
  const Sandbox sandbox;
  for (const auto& [script, message] :
       std::map<std::string, std::string>{{"echo no torch here >&2; exit 1", "no torch here"},
                                          {"echo hello", "'hello', expected 'ready'"},
                                          {"echo ready; read line; echo fast", "'fast', expected a number"},
                                          {"echo ready; read line; echo 1; read line; exit 0", "ended too early"}}) {
    make_peer(sandbox, script);
    const Outcome outcome =
        bench(sandbox, (sandbox / "python").string(), std::string(kEpoch) + " --rounds 1 --threads 1 --json");
    EXPECT_EQ(outcome.exit_code, 1) << script;
    const Json row = only_row(outcome);
    EXPECT_TRUE(row["peer"].is_null()) << script;
    EXPECT_GT(row["ours"], 0) << script;
    EXPECT_NE(row["note"].get<std::string>().find(message), std::string::npos) << row["note"];
  }
  const Outcome absent = bench(sandbox, "/no/such/python", std::string(kEpoch) + " --rounds 1 --threads 1 --json");
  EXPECT_EQ(absent.exit_code, 1);
  EXPECT_NE(only_row(absent)["note"].get<std::string>().find("/no/such/python"), std::string::npos);
}

TEST(ToolBench, MemoryIsMeasuredInFreshProcesses) {
  const Sandbox sandbox;
  const Outcome outcome = sandbox.cairn({"bench", "autoregressive/nade_memory", "--threads", "1", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  const Json row = only_row(outcome);
  EXPECT_EQ(row["unit"], "MB");
  const double all_states = 100.0 * 784 * 500 * 4e-6;  // B x D x H floats
  EXPECT_GT(row["ours"], 0);
  EXPECT_LT(row["ours"], all_states / 2) << "training must not hold every hidden state";
}

TEST(ToolBench, DrawsBothSidesOverAQuality) {
  const Sandbox sandbox;
  make_peer(sandbox, "echo ready; while read line; do echo 1000 nll=7; done");
  const std::string python = (sandbox / "python").string();
  const auto drawn = [&](const std::string& over) {
    return bench(sandbox, python, std::string(kEpoch) + " --rounds 1 --threads 1 --page curve.html --over " + over);
  };
  EXPECT_EQ(drawn("nll").exit_code, 0);
  const std::string page = sandbox.read("curve.html");
  EXPECT_NE(page.find("<svg"), std::string::npos);
  EXPECT_NE(page.find(kEpoch), std::string::npos);
  const Outcome unknown = drawn("watts");
  EXPECT_EQ(unknown.exit_code, 2);
  EXPECT_NE(unknown.err.find("does not state 'watts', only "), std::string::npos) << unknown.err;
}

TEST(ToolBench, ListNamesUnitsAndHelp) {
  const Sandbox sandbox;
  const Outcome outcome = sandbox.cairn({"bench", "ops", "--list", "--json"});
  ASSERT_EQ(outcome.exit_code, 0) << outcome.err;
  ASSERT_GT(outcome.json().size(), 1U);
  for (const Json& row : outcome.json()) {
    EXPECT_TRUE(row["name"].get<std::string>().starts_with("ops/"));
    EXPECT_NE(row["help"], "");
    EXPECT_NE(row["unit"], "");
  }
}

TEST(ToolBench, UnknownName) {
  const Sandbox sandbox;
  expect_refusal(sandbox, {"bench", "ops/nad"}, {.exit_code = 2, .messages = {"ops/nad", "did you mean 'ops/nade'?"}});
  expect_refusal(sandbox, {"bench", "autoregresive"}, {.exit_code = 2, .messages = {"did you mean 'autoregressive'?"}});
  expect_refusal(sandbox, {"bench", "--rounds", "-1"}, {.exit_code = 2, .messages = {"--rounds"}});
}

}  // namespace
}  // namespace cairn::testing
