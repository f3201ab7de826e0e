// Forms: a body falls apart at its boundary into exactly the parts that were put in, or the form refuses.
#include "codec/framing/multipart.hpp"

#include <weir/core/error.hpp>

#include "fuzz.hpp"

FUZZ(in) {
  const auto parts = in.parts();
  const std::string boundary = in.kind & 1 ? "b" : "0123-boundary";
  try {
    weir::codec::form_data form(1 << 16);
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2)
      if (in.kind & 2)
        form.add_file("file", parts[i], "text/plain", parts[i + 1]);
      else
        form.add(parts[i], parts[i + 1]);
    const auto body = form.body(boundary);
    std::string_view rest = body;
    const auto mark = "--" + boundary;
    for (std::size_t i = 0; i + 1 < parts.size(); i += 2) {
      fuzz::hold(rest.starts_with(mark + "\r\n"), "a part begins with the boundary");
      const auto head = rest.find("\r\n\r\n");
      fuzz::hold(head != std::string_view::npos && rest.substr(head + 4).starts_with(parts[i + 1]),
                 "its content is as given");
      rest.remove_prefix(rest.find("\r\n" + mark, head) + 2);
    }
    fuzz::hold(rest == mark + "--\r\n", "and the last boundary ends it");
  } catch (const weir::error& e) {
    fuzz::hold(e.code() == weir::errc::invalid_argument, "the only code of a refusal");
  }
}
