"""What the clients in Python are asked to do, and how they say that they did: clients/task.hpp has the words."""
import asyncio
import re
import resource
import ssl
import sys


class Task:
    def __init__(self):
        kind, self.url, self.ca_file, self.model, first, second = sys.argv[1:]
        self.streamed = kind == "stream"
        self.tokens = int(second)
        self.left = int(first)
        self.parallel = int(first) if self.streamed else int(second)
        self.count = 0
        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))

    def trusted(self):
        return ssl.create_default_context(cafile=self.ca_file)

    def request(self):
        """The arguments of chat.completions.create()."""
        more = {"stream": True, "stream_options": {"include_usage": True}} if self.streamed else {}
        return {"model": self.model, "messages": [{"role": "user", "content": "Hello"}], **more}

    def finish(self, tokens, reason, usage):
        complete = usage == tokens == self.tokens if self.streamed else tokens == 1 and usage
        if not complete or reason != "stop":
            raise SystemExit(f"an answer is not complete: {tokens} tokens, usage {usage}, reason {reason}")
        self.count += tokens

    async def _work(self, ask):
        while self.left > 0:
            self.left -= 1
            await ask()

    async def run(self, ask):
        await asyncio.gather(*(self._work(ask) for _ in range(self.parallel)))
        with open("/proc/self/status") as status:
            peak = re.search(r"VmHWM:\s+(\d+)", status.read())[1]
        print(f"count={self.count} peak_kb={peak}")


class Seen:
    """Of one answer, out of objects as the libraries make them."""

    def __init__(self):
        self.tokens, self.reason, self.usage = 0, None, None

    def add(self, answer):
        for choice in answer.choices:
            delta = getattr(choice, "delta", None) or choice.message
            self.tokens += bool(delta.content or getattr(delta, "reasoning_content", None))
            self.reason = choice.finish_reason or self.reason
        if answer.usage:
            self.usage = answer.usage.completion_tokens


async def run_library(task, create):
    """For the libraries that have chat.completions.create()."""

    async def ask():
        seen = Seen()
        answer = await create(**task.request())
        if task.streamed:
            async for event in answer:
                seen.add(event)
        else:
            seen.add(answer)
        task.finish(seen.tokens, seen.reason, seen.usage)

    await task.run(ask)
