"""OpenAI's Python client against `weir sim`: every call must read the simulated answers as it reads OpenAI's."""

import io
import json
import os
import time

import openai
from pydantic import BaseModel

from check import rule, run

MODEL = "weir/simulated"


def client_of(url, **options):
    options.setdefault("api_key", "any")
    return openai.OpenAI(base_url=url + "/v1", _strict_response_validation=True, **options)


client = client_of(os.environ["SIM"])


def user(text):
    return [{"role": "user", "content": text}]


class Place(BaseModel):
    name: str
    height: float
    tags: list[str]
    river: str | None


WEATHER = {
    "type": "object",
    "properties": {"city": {"type": "string"}, "unit": {"type": "string", "enum": ["C", "F"]}},
    "required": ["city", "unit"],
    "additionalProperties": False,
}
CHAT_TOOL = {"type": "function", "function": {"name": "weather", "parameters": WEATHER, "strict": True}}
OTHER_TOOL = {"type": "function", "function": {"name": "clock", "parameters": {"type": "object", "properties": {}}}}


@rule
def a_chat_is_answered():
    answer = client.chat.completions.create(model=MODEL, messages=user("Hello there"))
    assert answer.choices[0].message.content.startswith('You said: "Hello there"')
    assert answer.choices[0].finish_reason == "stop"
    assert answer.usage.total_tokens == answer.usage.prompt_tokens + answer.usage.completion_tokens


@rule
def a_streamed_chat_is_the_same_text():
    whole = client.chat.completions.create(model=MODEL, messages=user("Hi")).choices[0].message.content
    chunks = list(
        client.chat.completions.create(
            model=MODEL, messages=user("Hi"), stream=True, stream_options={"include_usage": True}
        )
    )
    assert "".join(c.choices[0].delta.content or "" for c in chunks if c.choices) == whole
    assert chunks[-1].usage.completion_tokens > 0


@rule
def the_stream_helper_gives_the_final_completion():
    with client.chat.completions.stream(model=MODEL, messages=user("Hi"), logprobs=True, top_logprobs=2) as stream:
        kinds = {event.type for event in stream}
        final = stream.get_final_completion()
    assert {"chunk", "content.delta", "content.done", "logprobs.content.delta", "logprobs.content.done"} <= kinds, kinds
    assert final.choices[0].message.content.startswith("You said")
    assert "".join(t.token for t in final.choices[0].logprobs.content) == final.choices[0].message.content


@rule
def log_probabilities_cover_the_text():
    answer = client.chat.completions.create(model=MODEL, messages=user("Hi"), logprobs=True, top_logprobs=3)
    tokens = answer.choices[0].logprobs.content
    assert "".join(t.token for t in tokens) == answer.choices[0].message.content
    assert all(len(t.top_logprobs) == 3 and t.top_logprobs[0].token == t.token for t in tokens)


@rule
def a_stop_sequence_ends_the_text_before_it():
    for stream in (False, True):
        answer = client.chat.completions.create(
            model=MODEL, messages=user("Hi"), stop=["river", " low wall"], stream=stream
        )
        if stream:
            choices = [c.choices[0] for c in answer if c.choices]
            text, finish = "".join(c.delta.content or "" for c in choices), choices[-1].finish_reason
        else:
            text, finish = answer.choices[0].message.content, answer.choices[0].finish_reason
        assert text.endswith("A weir is a"), text
        assert finish == "stop"


@rule
def a_tool_is_called_and_its_result_is_answered():
    messages = user("What is the weather in Berlin?")
    first = client.chat.completions.create(model=MODEL, messages=messages, tools=[OTHER_TOOL, CHAT_TOOL])
    call = first.choices[0].message.tool_calls[0]
    assert first.choices[0].finish_reason == "tool_calls"
    assert call.function.name == "weather"
    assert json.loads(call.function.arguments) == {"city": "What is the weather in Berlin?", "unit": "C"}
    messages += [first.choices[0].message, {"role": "tool", "tool_call_id": call.id, "content": "12 C"}]
    second = client.chat.completions.create(model=MODEL, messages=messages, tools=[OTHER_TOOL, CHAT_TOOL])
    assert second.choices[0].message.tool_calls is None
    assert "12 C" in second.choices[0].message.content


@rule
def the_tool_choice_decides():
    def names(choice, text="Hello"):
        with client.chat.completions.stream(
            model=MODEL, messages=user(text), tools=[OTHER_TOOL, CHAT_TOOL], tool_choice=choice
        ) as stream:
            calls = stream.get_final_completion().choices[0].message.tool_calls
        return [c.function.name for c in calls or []]

    assert names("auto") == []
    assert names("auto", "use a tool") == ["clock"]
    assert names("none", "use a tool") == []
    assert names("required") == ["clock"]
    assert names({"type": "function", "function": {"name": "weather"}}) == ["weather"]
    try:
        names({"type": "function", "function": {"name": "missing"}})
    except openai.BadRequestError as e:
        assert "missing" in str(e)
    else:
        raise AssertionError("a tool that is not offered was accepted")


@rule
def a_parsed_answer_has_the_shape_of_the_class():
    answer = client.chat.completions.parse(model=MODEL, messages=user("Describe a weir"), response_format=Place)
    place = answer.choices[0].message.parsed
    assert isinstance(place, Place) and place.name == "Describe a weir" and len(place.tags) == 1
    with client.chat.completions.stream(model=MODEL, messages=user("x"), response_format=Place) as stream:
        assert isinstance(stream.get_final_completion().choices[0].message.parsed, Place)


@rule
def a_text_completion_is_answered():
    answer = client.completions.create(model=MODEL, prompt="Once", max_tokens=2)
    assert answer.choices[0].text == "You said:" and answer.choices[0].finish_reason == "length"


@rule
def embeddings_are_vectors_of_the_same_length():
    made = client.embeddings.create(model=MODEL, input=["a", "b"], dimensions=16, encoding_format="float")
    assert [len(e.embedding) for e in made.data] == [16, 16]
    assert made.data[0].embedding != made.data[1].embedding
    # By default they are sent in base64, which this client decodes only after a strict validation would refuse it.
    lenient = openai.OpenAI(base_url=os.environ["SIM"] + "/v1", api_key="any")
    again = lenient.embeddings.create(model=MODEL, input="a", dimensions=16)
    assert max(abs(x - y) for x, y in zip(made.data[0].embedding, again.data[0].embedding)) < 1e-6


@rule
def models_are_listed_and_found_by_name():
    assert MODEL in [m.id for m in client.models.list()]
    assert client.models.retrieve(MODEL).id == MODEL  # sent as weir%2Fsimulated
    try:
        client.models.retrieve("weir/missing")
    except openai.NotFoundError:
        pass
    else:
        raise AssertionError("a model that is not there was found")


@rule
def a_response_is_created():
    made = client.responses.create(model=MODEL, input="Hello", instructions="Be brief.", metadata={"a": "b"})
    assert made.status == "completed" and made.output_text.startswith('You said: "Hello"')
    assert made.instructions == "Be brief." and made.metadata == {"a": "b"}
    cut = client.responses.create(model=MODEL, input="Hello", max_output_tokens=2)
    assert cut.status == "incomplete" and cut.incomplete_details.reason == "max_output_tokens"


@rule
def a_response_stream_has_every_event_in_order():
    with client.responses.stream(model=MODEL + "-reasoning", input="Hello") as stream:
        events = list(stream)
        final = stream.get_final_response()
    assert [e.sequence_number for e in events] == list(range(len(events)))
    kinds = [e.type for e in events]
    assert kinds[:2] == ["response.created", "response.in_progress"] and kinds[-1] == "response.completed"
    assert {
        "response.output_item.added",
        "response.reasoning_summary_part.added",
        "response.reasoning_summary_text.delta",
        "response.reasoning_summary_text.done",
        "response.reasoning_summary_part.done",
        "response.content_part.added",
        "response.output_text.delta",
        "response.output_text.done",
        "response.content_part.done",
        "response.output_item.done",
    } <= set(kinds), kinds
    text = "".join(e.delta for e in events if e.type == "response.output_text.delta")
    assert final.output_text == text


@rule
def a_response_calls_a_function_and_answers_its_output():
    tool = {"type": "function", "name": "weather", "parameters": WEATHER, "strict": True}
    with client.responses.stream(model=MODEL, input="Hello", tools=[tool], tool_choice="required") as stream:
        kinds = {event.type for event in stream}
        first = stream.get_final_response()
    assert {"response.function_call_arguments.delta", "response.function_call_arguments.done"} <= kinds
    call = first.output[0]
    assert call.name == "weather" and json.loads(call.arguments) == {"city": "Hello", "unit": "C"}
    items = [
        {"role": "user", "content": "Hello"},
        {"type": "function_call", "call_id": call.call_id, "name": call.name, "arguments": call.arguments},
        {"type": "function_call_output", "call_id": call.call_id, "output": "12 C"},
    ]
    second = client.responses.create(model=MODEL, input=items, tools=[tool])
    assert "12 C" in second.output_text


@rule
def a_parsed_response_has_the_shape_of_the_class():
    made = client.responses.parse(model=MODEL, input="Describe a weir", text_format=Place)
    assert isinstance(made.output_parsed, Place)
    with client.responses.stream(model=MODEL, input="Describe a weir", text_format=Place) as stream:
        assert isinstance(stream.get_final_response().output_parsed, Place)


def batch_file(ids):
    lines = [
        {"custom_id": i, "method": "POST", "url": "/v1/chat/completions", "body": {"model": MODEL, "messages": user(i)}}
        for i in ids
    ]
    text = "\n".join(json.dumps(line) for line in lines)
    return client.files.create(file=("in.jsonl", io.BytesIO(text.encode())), purpose="batch")


def batch_of(ids, **more):
    return client.batches.create(
        input_file_id=batch_file(ids).id, endpoint="/v1/chat/completions", completion_window="24h", **more
    )


def ended(batch):
    for _ in range(100):
        batch = client.batches.retrieve(batch.id)
        if batch.status in ("completed", "failed", "expired", "cancelled"):
            return batch
        time.sleep(0.1)
    raise AssertionError(f"the batch is still {batch.status}")


def results(file_id):
    return {line["custom_id"]: line for line in map(json.loads, client.files.content(file_id).text.splitlines())}


@rule
def a_batch_is_answered_as_its_lines_are_live():
    made = batch_of(["Hello", "there"], metadata={"job": "1"})
    assert made.status == "validating"
    batch = ended(made)
    assert batch.status == "completed" and batch.request_counts.completed == 2 and batch.error_file_id is None
    lines = results(batch.output_file_id)
    assert set(lines) == {"Hello", "there"}
    output = 0
    for text, line in lines.items():
        live = client.chat.completions.create(model=MODEL, messages=user(text))
        assert line["response"]["body"]["choices"][0]["message"]["content"] == live.choices[0].message.content
        output += live.usage.completion_tokens
    assert batch.usage.output_tokens == output
    assert [b.id for b in client.batches.list() if b.metadata and b.metadata.get("job") == "1"] == [batch.id]
    assert client.files.delete(batch.input_file_id).deleted


@rule
def a_batch_fails_expires_and_is_cancelled():
    failed = ended(batch_of(["same", "same"]))
    assert failed.status == "failed" and failed.errors.data[0].code == "duplicate_custom_id"
    expired = ended(batch_of(["a", "b"], extra_headers={"x-fault": "batch-expired"}))
    assert expired.status == "expired" and len(results(expired.output_file_id)) == 1
    assert list(results(expired.error_file_id).values())[0]["error"]["code"] == "batch_expired"
    cancelled = ended(client.batches.cancel(batch_of(["a", "b"]).id))
    assert cancelled.status == "cancelled"
    assert "batch" in [f.purpose for f in client.files.list(purpose="batch")]


@rule
def a_wrong_key_is_refused():
    try:
        client_of(os.environ["SIM_KEYED"]).chat.completions.create(model=MODEL, messages=user("Hi"))
    except openai.AuthenticationError as e:
        assert e.status_code == 401 and e.code == "invalid_api_key"
    else:
        raise AssertionError("a wrong key was accepted")
    right = client_of(os.environ["SIM_KEYED"], api_key=os.environ["SIM_KEY"])
    assert right.chat.completions.create(model=MODEL, messages=user("Hi")).choices


@rule
def a_429_is_retried():
    answer = client_of(os.environ["SIM_LIMITED"]).chat.completions.with_raw_response.create(
        model=MODEL, messages=user("Hi")
    )
    assert answer.retries_taken == 1 and answer.parse().choices
    try:
        client.with_options(max_retries=0).chat.completions.create(
            model=MODEL, messages=user("Hi"), extra_headers={"x-fault": "rate-limit"}
        )
    except openai.RateLimitError as e:
        assert e.status_code == 429
    else:
        raise AssertionError("the fault was not there")


@rule
def a_broken_request_is_refused():
    try:
        client.chat.completions.create(model=MODEL, messages=[])
    except openai.BadRequestError as e:
        assert "messages" in str(e)
    else:
        raise AssertionError("a chat without messages was answered")


run()
