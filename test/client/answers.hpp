// Providers' responses, byte for byte.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace weir::inline v0::test {

/// One chunk of a chunked body.
std::string chunk(std::string_view data);
/// `data: …` and the blank line after it.
std::string sse(std::string_view data);

/// The head of a chunked event stream.
inline const std::string stream_head =
    "HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";
/// The end of a chunked body.
inline const std::string last_chunk = "0\r\n\r\n";

/// The events of a chat stream with these tokens: role, tokens, finish, usage, `[DONE]`.
std::vector<std::string> chat_events(const std::vector<std::string>& tokens, std::string_view finish = "stop");
/// The same for a completions stream, and for TGI's, whose last token carries the complete text.
std::vector<std::string> completions_events(const std::vector<std::string>& tokens);
std::vector<std::string> tgi_events(const std::vector<std::string>& tokens);
/// A chunked response, one chunk per event.
std::string streamed(const std::vector<std::string>& events);
/// A response with a content-length.
std::string answer(int status, std::string_view type, std::string_view body, std::string_view headers = {});
/// A complete chat response as JSON.
std::string chat_json(std::string_view text, std::string_view finish = "stop", std::string_view usage = {});

} // namespace weir::inline v0::test
