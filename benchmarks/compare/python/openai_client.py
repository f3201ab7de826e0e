"""openai among the clients of benchmarks/compare, over the httpx2 that it comes with."""
import asyncio

import httpx2
import openai

from task import Task, run_library


async def main():
    task = Task()
    limits = httpx2.Limits(max_connections=task.parallel, max_keepalive_connections=task.parallel)
    http = openai.DefaultAsyncHttpxClient(verify=task.trusted(), limits=limits, timeout=None, trust_env=False)
    client = openai.AsyncOpenAI(base_url=task.url + "/v1", api_key="none", http_client=http, max_retries=0)
    await run_library(task, client.chat.completions.create)


asyncio.run(main())
