// OpenAI's client for Node against `weir sim`.
import assert from "node:assert/strict";
import test from "node:test";

import OpenAI from "openai";

const MODEL = "weir/simulated";
const clientOf = (url, options) => new OpenAI({ baseURL: `${url}/v1`, apiKey: "any", ...options });
const client = clientOf(process.env.SIM);
const user = (text) => [{ role: "user", content: text }];
const collect = async (events) => {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
};

const parameters = {
  type: "object",
  properties: { city: { type: "string" }, unit: { type: "string", enum: ["C", "F"] } },
  required: ["city", "unit"],
  additionalProperties: false,
};
const weather = { type: "function", function: { name: "weather", parameters } };
const clock = { type: "function", function: { name: "clock", parameters: { type: "object", properties: {} } } };
const schema = {
  type: "object",
  properties: { name: { type: "string" }, height: { type: "number" } },
  required: ["name", "height"],
  additionalProperties: false,
};

test("a chat is answered, and a streamed one is the same text", async () => {
  const answer = await client.chat.completions.create({ model: MODEL, messages: user("Hello there") });
  const text = answer.choices[0].message.content;
  assert.match(text, /^You said: "Hello there"/);
  assert.equal(answer.choices[0].finish_reason, "stop");
  const chunks = await collect(
    await client.chat.completions.create({ model: MODEL, messages: user("Hello there"), stream: true }),
  );
  assert.equal(chunks.map((c) => c.choices[0]?.delta.content ?? "").join(""), text);
});

test("the stream helper gives the final completion", async () => {
  const stream = client.chat.completions.stream({ model: MODEL, messages: user("Hi"), stop: "river", logprobs: true });
  const final = await stream.finalChatCompletion();
  assert.match(final.choices[0].message.content, /across a $/);
  assert.equal(final.choices[0].finish_reason, "stop");
  assert.equal(final.choices[0].logprobs.content.map((t) => t.token).join(""), final.choices[0].message.content);
});

test("a tool runs and its result is answered", async () => {
  let got;
  const runner = client.chat.completions.runTools({
    model: MODEL,
    messages: user("What is the weather in Berlin?"),
    tools: [
      { ...weather, function: { ...weather.function, parse: JSON.parse, function: (a) => ((got = a), "12 C") } },
    ],
  });
  assert.match(await runner.finalContent(), /12 C/);
  assert.deepEqual(got, { city: "What is the weather in Berlin?", unit: "C" });
});

test("the tool choice decides", async () => {
  const names = async (tool_choice, text = "Hello") => {
    const stream = client.chat.completions.stream({
      model: MODEL,
      messages: user(text),
      tools: [clock, weather],
      tool_choice,
    });
    const { message } = (await stream.finalChatCompletion()).choices[0];
    return (message.tool_calls ?? []).map((c) => c.function.name);
  };
  assert.deepEqual(await names("auto"), []);
  assert.deepEqual(await names("auto", "use a tool"), ["clock"]);
  assert.deepEqual(await names("none", "use a tool"), []);
  assert.deepEqual(await names("required"), ["clock"]);
  assert.deepEqual(await names({ type: "function", function: { name: "weather" } }), ["weather"]);
  await assert.rejects(names({ type: "function", function: { name: "missing" } }), OpenAI.BadRequestError);
});

test("a parsed answer has the shape of the schema", async () => {
  const response_format = { type: "json_schema", json_schema: { name: "place", strict: true, schema } };
  const answer = await client.chat.completions.parse({ model: MODEL, messages: user("A weir"), response_format });
  assert.deepEqual(JSON.parse(answer.choices[0].message.content), { name: "A weir", height: 1 });
});

test("embeddings are vectors of the same length", async () => {
  const made = await client.embeddings.create({ model: MODEL, input: ["a", "b"], dimensions: 16 });
  assert.deepEqual(made.data.map((e) => e.embedding.length), [16, 16]);
});

test("models are listed and found by name", async () => {
  assert.ok((await collect(client.models.list())).some((m) => m.id === MODEL));
  assert.equal((await client.models.retrieve(MODEL)).id, MODEL);
  await assert.rejects(client.models.retrieve("weir/missing"), OpenAI.NotFoundError);
});

test("a response is created, streamed and parsed", async () => {
  const made = await client.responses.create({ model: MODEL, input: "Hello" });
  assert.match(made.output_text, /^You said: "Hello"/);
  const stream = client.responses.stream({ model: `${MODEL}-reasoning`, input: "Hello" });
  const events = await collect(stream);
  assert.deepEqual(events.map((e) => e.sequence_number), events.map((_, i) => i));
  const text = events.filter((e) => e.type === "response.output_text.delta").map((e) => e.delta).join("");
  assert.equal((await stream.finalResponse()).output_text, text);
  const format = { type: "json_schema", name: "place", strict: true, schema };
  const parsed = await client.responses.parse({ model: MODEL, input: "A weir", text: { format } });
  assert.deepEqual(JSON.parse(parsed.output_text), { name: "A weir", height: 1 });
});

test("a response calls a function and answers its output", async () => {
  const tools = [{ type: "function", name: "weather", parameters, strict: true }];
  const input = [{ role: "user", content: "Hello" }];
  const stream = client.responses.stream({ model: MODEL, input, tools, tool_choice: "required" });
  const call = (await stream.finalResponse()).output[0];
  assert.equal(call.name, "weather");
  assert.deepEqual(JSON.parse(call.arguments), { city: "Hello", unit: "C" });
  input.push(call, { type: "function_call_output", call_id: call.call_id, output: "12 C" });
  assert.match((await client.responses.create({ model: MODEL, input, tools })).output_text, /12 C/);
});

test("a wrong key is refused", async () => {
  const ask = { model: MODEL, messages: user("Hi") };
  await assert.rejects(clientOf(process.env.SIM_KEYED).chat.completions.create(ask), OpenAI.AuthenticationError);
  assert.ok(await clientOf(process.env.SIM_KEYED, { apiKey: process.env.SIM_KEY }).chat.completions.create(ask));
});

test("a 429 is retried", async () => {
  const ask = { model: MODEL, messages: user("Hi") };
  await assert.rejects(
    client.chat.completions.create(ask, { maxRetries: 0, headers: { "x-fault": "rate-limit" } }),
    OpenAI.RateLimitError,
  );
  assert.ok((await clientOf(process.env.SIM_LIMITED).chat.completions.create(ask)).choices);
});
