// Base64: what is encoded is decoded as it was, and every text has one meaning.

#include <weir/core/base64.hpp>

#include "fuzz.hpp"

using namespace weir;

FUZZ(in) {
  fuzz::hold(decode_base64(encode_base64(in.text)) == in.text, "there and back");
  const auto strict = decode_base64(in.text);
  const auto loose = decode_base64(in.text, base64_space::skip);
  fuzz::hold(!strict || loose == strict, "spaces that are not there change nothing");
  if (!loose)
    return;
  fuzz::hold(loose->size() <= in.text.size(), "bytes are no longer than their text");
  fuzz::hold(decode_base64(encode_base64(*loose)) == loose, "written again it is the same");
}
