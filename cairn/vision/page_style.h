// The style sheet of every page Cairn writes.
#pragma once

namespace cairn::vision {

const char* page_style();

}  // namespace cairn::vision
