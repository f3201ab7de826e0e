// Videos at Together: jobs, unlike its other tasks, which use OpenAI's protocol.
#pragma once

#include "provider/offers.hpp"

namespace weir::inline v0::provider {

http::request encode_together_video(const task_request& ask, const route& to);
std::unique_ptr<job_protocol> start_together_video(const task_request& ask, const route& to);

inline constexpr offer together_text_to_video(task::text_to_video, "/v2/videos", encode_together_video,
                                              start_together_video);
inline constexpr offer together_image_to_video =
    offer(task::image_to_video, "/v2/videos", encode_together_video, start_together_video).fetches_urls();

} // namespace weir::inline v0::provider
