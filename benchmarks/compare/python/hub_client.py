"""huggingface_hub among the clients of benchmarks/compare."""
import asyncio

import httpx2
from huggingface_hub import AsyncInferenceClient, set_async_client_factory

from task import Task, run_library


async def main():
    task = Task()
    limits = httpx2.Limits(max_connections=task.parallel, max_keepalive_connections=task.parallel)
    trusted = task.trusted()
    set_async_client_factory(lambda: httpx2.AsyncClient(verify=trusted, limits=limits, timeout=None, trust_env=False))
    client = AsyncInferenceClient(base_url=task.url + "/v1", api_key="none")
    await run_library(task, client.chat.completions.create)


asyncio.run(main())
