// Small media that the simulation delivers: real files of their formats.
#pragma once

#include <string>

namespace weir::sim {

/// A picture of 16 × 16 pixels.
const std::string& sample_png();
/// A tenth of a second of a tone: 8 kHz, 16 bits, mono.
const std::string& sample_wav();
/// A film without tracks: its boxes are in order, and nothing plays.
const std::string& sample_mp4();

} // namespace weir::sim
