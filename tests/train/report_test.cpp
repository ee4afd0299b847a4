// A run's log as curves, and report.html of finished, unfinished and empty runs.
#include "cairn/train/report.h"

#include <gtest/gtest.h>
#include <cmath>
#include <fstream>

#include "cairn/base/error.h"
#include "cairn/io/tensorboard_events.h"
#include "cairn/train/history.h"

using namespace cairn;
namespace fs = std::filesystem;

namespace {

class Report : public testing::Test {
 protected:
  void SetUp() override { fs::remove_all(root_); }
  void TearDown() override { fs::remove_all(root_); }

  train::RunFolder run() {
    const Document document =
        Document::parse_yaml("system: autoregressive\nmodel: {kind: <nade>}\ntrain: {steps: 3}\n", "test");
    return train::RunFolder::create({.path = root_ / "run",
                                     .recipe = {"autoregressive/tiny", "autoregressive", document},
                                     .command = "cairn train tiny"});
  }
  static void write_log(const train::RunFolder& folder, const std::string& text) {
    std::ofstream(folder.log()) << text;
  }

  fs::path root_ = fs::temp_directory_path() / "cairn_report_test";
};

const std::string three_lines =
    R"({"step":1,"epoch":0.5,"lr":0.1,"loss":{"nll":200.5},"grad_norm":3.0,"seconds":1.0}
{"step":2,"epoch":1.0,"lr":0.1,"loss":{"nll":null},"grad_norm":2.0,"seconds":2.0}
{"step":2,"epoch":1.0,"valid.nll":150.25,"valid.accuracy":0.5}
{"step":2,"epoch":1.0,"final":true,"valid.nll":149.0,"test.nll":151.0}
)";

}  // namespace

TEST_F(Report, HistoryIsOneCurveANumber) {
  const auto folder = run();
  write_log(folder, three_lines + "{\"step\":3,\"lo");
  const auto history = train::History::read(folder.log());
  const auto* loss = history.find("loss.nll");
  ASSERT_NE(loss, nullptr);
  EXPECT_EQ(loss->x, (std::vector<double>{1, 2}));
  EXPECT_EQ(loss->y[0], 200.5);
  EXPECT_TRUE(std::isnan(loss->y[1]));
  EXPECT_EQ(history.find("valid.nll")->y, (std::vector<double>{150.25}));
  EXPECT_EQ(history.find("test.nll"), nullptr);
}

TEST_F(Report, DamagedLogNamesItsLine) {
  const auto folder = run();
  write_log(folder, "{\"step\":1}\nnot json\n");
  try {
    train::History::read(folder.log());
    FAIL() << "nothing thrown";
  } catch (const InputError& error) {
    EXPECT_NE(std::string(error.what()).find("log.jsonl:2"), std::string::npos);
  }
}

TEST_F(Report, FinishedRunShowsWhatWasMeasured) {
  const auto folder = run();
  write_log(folder, three_lines);
  folder.write_result({{"steps", 2},
                       {"epochs", 1.0},
                       {"seconds", 75.0},
                       {"parameters", 123456},
                       {"metrics",
                        {{"valid.nll", 149.0},
                         {"test.nll", 151.25},
                         {"test.accuracy", 0.97},
                         {"best.step", 2},
                         {"best.valid.nll", 150.25}}}});
  train::write_report(folder, nullptr);
  const std::string html = train::report_page(folder, nullptr).html();
  EXPECT_EQ(fs::file_size(folder.report()), html.size());
  for (const char* part : {"autoregressive/tiny", "123,456", "151.25", "150.25", "<td>accuracy</td>",
                           "kind: &lt;nade&gt;", "cairn train tiny", "LibTorch", "valid <b>150.25</b>"}) {
    EXPECT_NE(html.find(part), std::string::npos) << part;
  }
  EXPECT_EQ(html.find("kind: <nade>"), std::string::npos);
}

/// Draws one picture under each of two headings, and a second one under the last.
class Painter : public train::Learner {
 public:
  train::TrainResult run(const train::TrainConfig&, train::RunFolder&) override { return {}; }
  bool has(data::Split) const override { return false; }
  train::Evaluation evaluate(const train::EvaluateOptions&) override { return {}; }
  Json model_config() const override { return {}; }
  std::string describe() const override { return "paints"; }
  std::string data_licence() const override { return ""; }
  void write_samples(vision::Page& page) override {
    const vision::Picture picture{.pixels = torch::zeros({2, 3}, torch::kUInt8)};
    page.heading("Samples").image(picture).subheading("Completions").images({picture, picture});
  }
};

TEST_F(Report, PicturesAndRecipeStandInTheEventFileBehindTheScalars) {
  const auto folder = run();
  write_log(folder, three_lines);
  io::EventWriter(folder.events()).scalar("train/nll", 1, 200.5);
  const int64_t before = io::whole_event_bytes(folder.events());
  Painter painter;
  train::write_report(folder, &painter);
  EXPECT_EQ(io::whole_event_bytes(folder.events()), static_cast<int64_t>(fs::file_size(folder.events())));
  std::ifstream file(folder.events(), std::ios::binary);
  const std::string bytes{std::istreambuf_iterator<char>(file), {}};
  const std::string added = bytes.substr(static_cast<size_t>(before));
  EXPECT_NE(bytes.find("train/nll"), std::string::npos);
  for (const char* part : {"Samples", "Completions", "Completions 2", "recipe", "kind: <nade>"}) {
    EXPECT_NE(added.find(part), std::string::npos) << part;
  }
}

TEST_F(Report, RunWithoutALogSaysThatItIsNotFinished) {
  const auto folder = run();
  const std::string html = train::report_page(folder, nullptr).html();
  EXPECT_NE(html.find("not finished"), std::string::npos);
  EXPECT_EQ(html.find("Results"), std::string::npos);
}
