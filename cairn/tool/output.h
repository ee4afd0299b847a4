// Results on stdout: one JSON document, JSON Lines, or plain columns. Numbers read back to the same double.
#pragma once

#include <fstream>
#include <iosfwd>
#include <memory>
#include <string>
#include <vector>

#include "cairn/models/pipeline.h"

namespace cairn::tool {

struct OutputStyle {
  bool json = false;
};

/// Prints a result: indented JSON, or lines "key  value" with nested keys joined by dots. A list of objects becomes a
/// table under its key. Values that are not finite are null in JSON.
void print_result(const Json& result, const OutputStyle& style);
void print_result(const Json& result, const OutputStyle& style, std::ostream& out);

/// A row sink that must be told when the last row has been given.
class RowOutput : public RowSink {
 public:
  /// Throws EnvironmentError if what was written did not reach the file.
  virtual void finish() = 0;
};

/// Rows to `path`: an array [N] or [N, C] of float64 if it ends in .npy (all numbers of a row, in order), else lines of
/// JSON or tab-separated columns. "" is stdout. The file is complete or absent.
std::unique_ptr<RowOutput> make_row_output(const std::string& path, const OutputStyle& style);

/// A number, text, or list as one plain word: 0.1, digits, 1 2 3.
std::string plain(const Json& value);

}  // namespace cairn::tool
