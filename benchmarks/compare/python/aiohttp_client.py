"""aiohttp among the clients of benchmarks/compare, with the json of Python for the events."""
import asyncio
import json

import aiohttp

from task import Task


class Seen:
    def __init__(self):
        self.tokens, self.reason, self.usage = 0, None, None

    def add(self, text):
        answer = json.loads(text)
        for choice in answer["choices"]:
            delta = choice.get("delta") or choice.get("message") or {}
            self.tokens += bool(delta.get("content") or delta.get("reasoning_content"))
            self.reason = choice.get("finish_reason") or self.reason
        if answer.get("usage"):
            self.usage = answer["usage"]["completion_tokens"]


async def main():
    task = Task()
    url = task.url + "/v1/chat/completions"
    connector = aiohttp.TCPConnector(ssl=task.trusted(), limit=task.parallel)
    timeout = aiohttp.ClientTimeout(total=None)

    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:

        async def ask():
            seen, done = Seen(), False
            async with session.post(url, json=task.request()) as answer:
                answer.raise_for_status()
                if task.streamed:
                    async for line in answer.content:
                        if line.startswith(b"data: [DONE]"):
                            done = True
                        elif line.startswith(b"data: "):
                            seen.add(line[6:])
                else:
                    seen.add(await answer.read())
                    done = True
            task.finish(seen.tokens, seen.reason if done else None, seen.usage)

        await task.run(ask)


asyncio.run(main())
