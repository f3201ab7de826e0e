// Event streams: the same events, types and ids as the plain reference gives, however the bytes are split.
#include "codec/sse_run.hpp"
#include "fuzz.hpp"

FUZZ(in) {
  const auto split = codec_test::run(in.parts());
  fuzz::hold(split == codec_test::run({in.text}), "a split changes nothing");
  fuzz::hold(split == codec_test::parse_reference(in.text), "the decoder agrees with the rules");
}
