"""Anthropic's Python client against `weir sim`."""

import os
import time

import anthropic
from pydantic import BaseModel

from check import rule, run

MODEL = "weir/simulated"


def client_of(url, **options):
    options.setdefault("api_key", "any")
    return anthropic.Anthropic(base_url=url, _strict_response_validation=True, **options)


client = client_of(os.environ["SIM"])
messages = client.messages


def ask(text, **more):
    return dict(model=MODEL, max_tokens=1000, messages=[{"role": "user", "content": text}], **more)


class Place(BaseModel):
    name: str
    height: float
    tags: list[str]


WEATHER = {
    "name": "weather",
    "description": "The weather of a city.",
    "input_schema": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
}
CLOCK = {"name": "clock", "input_schema": {"type": "object", "properties": {}}}


@rule
def a_message_is_answered():
    answer = messages.create(**ask("Hello there"))
    assert answer.content[0].text.startswith('You said: "Hello there"')
    assert answer.stop_reason == "end_turn" and answer.usage.output_tokens > 0


@rule
def a_stream_is_the_same_text():
    whole = messages.create(**ask("Hi")).content[0].text
    with messages.stream(**ask("Hi")) as stream:
        text = "".join(stream.text_stream)
        final = stream.get_final_message()
    assert text == whole == final.content[0].text and final.stop_reason == "end_turn"
    events = [e.type for e in messages.create(**ask("Hi"), stream=True)]
    assert events[0] == "message_start" and events[-1] == "message_stop"


@rule
def a_stop_sequence_ends_the_text_before_it():
    for answer in (
        messages.create(**ask("Hi", stop_sequences=["river"])),
        messages.stream(**ask("Hi", stop_sequences=["river"])).__enter__().get_final_message(),
    ):
        assert answer.content[0].text.endswith("across a ")
        assert answer.stop_reason == "stop_sequence" and answer.stop_sequence == "river"


@rule
def a_tool_is_called_and_its_result_is_answered():
    tools = [CLOCK, WEATHER]
    for first in (
        messages.create(**ask("the weather in Berlin", tools=tools)),
        messages.stream(**ask("the weather in Berlin", tools=tools)).__enter__().get_final_message(),
    ):
        call = first.content[-1]
        assert first.stop_reason == "tool_use" and call.name == "weather"
        assert call.input == {"city": "the weather in Berlin"}
    more = ask("the weather in Berlin", tools=tools)
    more["messages"] += [
        {"role": "assistant", "content": first.content},
        {"role": "user", "content": [{"type": "tool_result", "tool_use_id": call.id, "content": "12 C"}]},
    ]
    second = messages.create(**more)
    assert second.stop_reason == "end_turn" and "12 C" in second.content[0].text


@rule
def the_tool_choice_decides():
    def names(choice, text="Hello"):
        answer = messages.create(**ask(text, tools=[CLOCK, WEATHER], tool_choice=choice))
        return [b.name for b in answer.content if b.type == "tool_use"]

    assert names({"type": "auto"}) == []
    assert names({"type": "none"}, "use a tool") == []
    assert names({"type": "any"}) == ["clock"]
    assert names({"type": "tool", "name": "weather"}) == ["weather"]
    try:
        names({"type": "tool", "name": "missing"})
    except anthropic.BadRequestError as e:
        assert "missing" in str(e)
    else:
        raise AssertionError("a tool that is not offered was accepted")


@rule
def a_parsed_message_has_the_shape_of_the_class():
    assert isinstance(messages.parse(**ask("Describe a weir"), output_format=Place).parsed_output, Place)


@rule
def tokens_are_counted():
    more = ask("one two three", system="four five")
    del more["max_tokens"]
    assert messages.count_tokens(**more).input_tokens >= 5


@rule
def models_are_listed_and_found_by_name():
    assert MODEL in [m.id for m in client.models.list()]
    assert client.models.retrieve(MODEL).display_name == MODEL


def ended(batch):
    for _ in range(100):
        batch = messages.batches.retrieve(batch.id)
        if batch.processing_status == "ended":
            return batch
        time.sleep(0.1)
    raise AssertionError(f"the batch is still {batch.processing_status}")


def batch_of(*texts, **more):
    return messages.batches.create(requests=[{"custom_id": t, "params": ask(t)} for t in texts], **more)


@rule
def a_batch_is_answered_as_its_requests_are_live():
    made = batch_of("Hello", "there")
    assert made.processing_status == "in_progress" and made.request_counts.processing == 2
    batch = ended(made)
    assert batch.request_counts.succeeded == 2
    lines = {line.custom_id: line for line in messages.batches.results(batch.id)}
    for text, line in lines.items():
        live = messages.create(**ask(text))
        assert line.result.type == "succeeded" and line.result.message.content == live.content
        assert line.result.message.usage.output_tokens == live.usage.output_tokens
    assert set(lines) == {"Hello", "there"}
    assert batch.id in [b.id for b in messages.batches.list()]
    assert messages.batches.delete(batch.id).type == "message_batch_deleted"


@rule
def a_batch_expires_and_is_cancelled():
    expired = ended(batch_of("a", "b", extra_headers={"x-fault": "batch-expired"}))
    assert sorted(r.result.type for r in messages.batches.results(expired.id)) == ["expired", "succeeded"]
    failed = ended(batch_of("a", extra_headers={"x-fault": "batch-no-output"}))
    assert [r.result.error.error.type for r in messages.batches.results(failed.id)] == ["api_error"]
    cancelled = messages.batches.cancel(batch_of("a", "b").id)
    assert cancelled.processing_status == "canceling" and ended(cancelled).request_counts.canceled == 2


@rule
def a_wrong_key_is_refused():
    try:
        client_of(os.environ["SIM_KEYED"]).messages.create(**ask("Hi"))
    except anthropic.AuthenticationError as e:
        assert e.body["error"]["type"] == "authentication_error"
    else:
        raise AssertionError("a wrong key was accepted")
    assert client_of(os.environ["SIM_KEYED"], api_key=os.environ["SIM_KEY"]).messages.create(**ask("Hi")).content


@rule
def a_429_is_retried():
    answer = client_of(os.environ["SIM_LIMITED"]).messages.with_raw_response.create(**ask("Hi"))
    assert answer.retries_taken == 1 and answer.parse().content
    try:
        client.with_options(max_retries=0).messages.create(**ask("Hi"), extra_headers={"x-fault": "rate-limit"})
    except anthropic.RateLimitError as e:
        assert e.body["error"]["type"] == "rate_limit_error"
    else:
        raise AssertionError("the fault was not there")


@rule
def an_error_inside_a_stream_is_seen():
    try:
        for _ in messages.create(**ask("Hi"), stream=True, extra_headers={"x-fault": "error-in-band"}):
            pass
    except anthropic.APIStatusError as e:
        assert e.body["error"]["type"] == "overloaded_error"
    else:
        raise AssertionError("the error was not seen")


run()
