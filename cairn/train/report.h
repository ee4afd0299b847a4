// report.html of a run folder: curves, results, samples, the resolved recipe, the machine.
#pragma once

#include "cairn/train/learner.h"
#include "cairn/train/run_folder.h"
#include "cairn/vision/page.h"

namespace cairn::train {

/// Of a finished run or of one that goes on or was stopped. `learner` draws the samples; without one (null) there are
/// none.
vision::Page report_page(const RunFolder& folder, Learner* learner);
/// Writes `folder`/report.html, complete or absent, and its pictures and the recipe into the event file.
void write_report(const RunFolder& folder, Learner* learner);

}  // namespace cairn::train
