// A self-contained HTML page: no script, no outside resource, legible on a phone, in light and in dark.
//
//   vision::Page page("NADE on binarised MNIST", "autoregressive/nade, 200 epochs");
//   page.heading("Samples").image({.pixels = vision::grid(samples), .caption = "100 samples"});
//   page.write("report.html");
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <utility>
#include <vector>

#include <torch/types.h>

#include "cairn/vision/chart.h"
#include "cairn/vision/heat_map.h"
#include "cairn/vision/scatter.h"

namespace cairn::vision {

struct Table {
  std::vector<std::string> header = {};
  std::vector<std::vector<std::string>> rows = {};  ///< each as long as the header
};

struct Picture {
  torch::Tensor pixels = {};  ///< uint8 [H, W] or [H, W, 3]
  std::string caption = {};
  int64_t scale = 1;    ///< CSS pixels a pixel is shown at, where the screen is wide enough
  bool smooth = false;  ///< interpolate, for photographs; else pixels stay sharp squares
};

/// Pictures one after the other in one place, over and over; no script, and no motion for readers who want none.
struct Film {
  torch::Tensor frames = {};  ///< uint8 [N, H, W] or [N, H, W, 3], N >= 1
  std::string caption = {};
  int64_t scale = 1;  ///< CSS pixels a pixel is shown at, where the screen is wide enough
  double seconds = 5;
};

struct Code {
  std::string text = {};
  std::string caption = {};
  bool folded = false;  ///< shown only when its caption is opened
};

using Facts = std::vector<std::pair<std::string, std::string>>;

/// Parts appear in the order in which they are added. All text is escaped: plain text in, nothing is read as HTML.
class Page {
 public:
  explicit Page(std::string title, std::string subtitle = "");

  Page& heading(const std::string& text);  ///< begins a section; sections are linked from the top of the page
  Page& subheading(const std::string& text);
  Page& paragraph(const std::string& text);
  Page& note(const std::string& text);  ///< a remark set apart
  Page& tiles(const Facts& tiles);      ///< a few large figures: (label, value)
  Page& facts(const Facts& facts);      ///< a list of (name, value)
  /// Columns of numbers are set flush right. Throws UsageError for a row of another length than the header.
  Page& table(const Table& table);
  Page& code(const Code& code);
  /// Throws UsageError for pixels that are no image.
  Page& image(const Picture& picture);
  Page& images(const std::vector<Picture>& row);
  /// Throws UsageError for frames that are no images.
  Page& film(const Film& film);
  Page& chart(const LineChart& chart);
  Page& charts(const std::vector<LineChart>& row);  ///< side by side where there is room
  Page& bars(const BarChart& chart);
  Page& scatter(const ScatterPlot& plot);
  Page& heat_map(const HeatMap& map);

  /// The pictures added so far, each with the heading or subheading that it stands under.
  const std::vector<std::pair<std::string, Picture>>& pictures() const { return pictures_; }

  std::string html() const;
  /// Complete or absent: written to a temporary name and renamed.
  void write(const std::filesystem::path& path) const;

 private:
  std::string title_;
  std::string subtitle_;
  std::vector<std::string> sections_;
  std::string under_;  // the last heading or subheading
  std::vector<std::pair<std::string, Picture>> pictures_;
  std::string body_;
};

}  // namespace cairn::vision
