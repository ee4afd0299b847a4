// Small text helpers: nearest names for error messages, numbers that read back to the same double.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace cairn {

/// The name of `names` nearest to `word` by edit distance, or "" if none is near (distance over a third of its length +
/// 1).
std::string nearest_name(const std::string& word, const std::vector<std::string>& names);
/// " (did you mean 'hidden'?)", or "" when nothing is near.
std::string did_you_mean(const std::string& word, const std::vector<std::string>& names);

/// The place of `name` among `names`. Throws UsageError, naming `option` and the nearest name, where it is none of
/// them.
size_t place_among(const std::vector<std::string>& names, const std::string& name, const std::string& option);

/// Shortest decimal text that reads back to the same double.
std::string exact(double value);
/// `value` rounded to `digits` after the point.
std::string fixed(double value, int digits);

/// Whether there is nothing but spaces, tabs and line ends.
bool is_blank(const std::string& text);
std::vector<std::string> split(const std::string& text, char separator);
std::string join(const std::vector<std::string>& parts, const std::string& separator);

/// "1.5 GB"; powers of 1000.
std::string human_bytes(double bytes);
/// "800MB", "1.5 GiB" or "4096" (bytes); nothing for another text. kB, MB, GB, TB are powers of 1000, KiB .. TiB of
/// 1024.
std::optional<double> parse_bytes(const std::string& text);
/// "3 h 02 min", "12 s".
std::string human_seconds(double seconds);

}  // namespace cairn
