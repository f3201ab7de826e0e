"""Hugging Face's InferenceClient against `weir sim`."""

import os

from huggingface_hub import InferenceClient
from huggingface_hub.errors import HfHubHTTPError

from check import rule, run

SIM = os.environ["SIM"]
# Everything of one task by the URL of a model, as of an endpoint; chats by the URL of a server.
client = InferenceClient(base_url=SIM, api_key="any")


def user(text):
    return [{"role": "user", "content": text}]


@rule
def a_chat_is_answered():
    answer = client.chat_completion(user("Hello there"), max_tokens=50)
    assert answer.choices[0].message.content.startswith('You said: "Hello there"')
    assert answer.usage.total_tokens > 0


@rule
def a_streamed_chat_is_the_same_text():
    whole = client.chat_completion(user("Hi")).choices[0].message.content
    chunks = client.chat_completion(user("Hi"), stream=True)
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole


@rule
def a_tool_is_called_and_its_result_is_answered():
    tool = {
        "type": "function",
        "function": {
            "name": "weather",
            "description": "The weather of a city.",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    }
    first = client.chat_completion(user("Hello"), tools=[tool], tool_choice="required")
    call = first.choices[0].message.tool_calls[0]
    assert call.function.name == "weather" and call.function.arguments == '{"city":"Hello"}'
    said = {"role": "assistant", "tool_calls": [{"id": call.id, "type": "function", "function": {
        "name": call.function.name, "arguments": call.function.arguments}}]}
    result = {"role": "tool", "tool_call_id": call.id, "content": "12 C"}
    second = client.chat_completion([*user("Hello"), said, result], tools=[tool])
    assert "12 C" in second.choices[0].message.content


@rule
def structured_output_has_the_shape_of_the_schema():
    schema = {"type": "object", "properties": {"height": {"type": "number", "minimum": 3}}, "required": ["height"]}
    answer = client.chat_completion(
        user("Hi"), response_format={"type": "json_schema", "json_schema": {"name": "place", "schema": schema}}
    )
    assert answer.choices[0].message.content == '{"height":3}'


@rule
def text_is_generated_streamed_or_not():
    server = InferenceClient(model=SIM)
    whole = server.text_generation("Once upon a time", max_new_tokens=20)
    assert whole.startswith('You said: "Once upon a time"')
    assert "".join(server.text_generation("Once upon a time", max_new_tokens=20, stream=True)) == whole
    more = server.text_generation("Once", max_new_tokens=20, details=True, stop=["model"])
    assert more.details.finish_reason == "stop_sequence" and more.generated_text.endswith("model")


@rule
def features_are_extracted():
    vectors = client.feature_extraction(["a", "b"], model=SIM + "/models/weir/feature-extraction")
    assert len(vectors) == 2 and len(vectors[0]) == len(vectors[1]) > 0


@rule
def an_image_is_made():
    image = client.text_to_image("A weir at dawn", model=SIM + "/models/weir/text-to-image")
    assert image.width > 0 and image.height > 0


@rule
def a_wrong_key_is_refused():
    try:
        InferenceClient(base_url=os.environ["SIM_KEYED"], api_key="wrong").chat_completion(user("Hi"))
    except HfHubHTTPError as e:
        assert e.response.status_code == 401
    else:
        raise AssertionError("a wrong key was accepted")
    right = InferenceClient(base_url=os.environ["SIM_KEYED"], api_key=os.environ["SIM_KEY"])
    assert right.chat_completion(user("Hi")).choices


@rule
def a_429_is_an_error_with_its_status_and_the_next_call_succeeds():
    limited = InferenceClient(base_url=os.environ["SIM_LIMITED"], api_key="any")
    try:
        limited.chat_completion(user("Hi"))
    except HfHubHTTPError as e:
        assert e.response.status_code == 429 and e.response.headers["retry-after"] == "1"
    else:
        raise AssertionError("the fault was not there")
    assert limited.chat_completion(user("Hi")).choices


run()
