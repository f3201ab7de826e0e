#!/usr/bin/env python3
"""batch_peer.py URL ITEMS IN_FLIGHT [CACERT]

The same job as batch.cpp's `journal` mode, as people write it in Python: asyncio and the openai package, a semaphore,
streamed answers, and a line of JSONL for each, flushed. Prints items/s, CPU time and the largest resident size.
"""
import asyncio
import json
import resource
import sys
import tempfile
import time

import openai

try:  # what the package itself uses, by its version
    import httpx2 as httpx
except ImportError:
    import httpx


async def main():
    url, items, in_flight = sys.argv[1].rstrip("/"), int(sys.argv[2]), int(sys.argv[3])
    verify = sys.argv[4] if len(sys.argv) > 4 else True
    http = httpx.AsyncClient(verify=verify, limits=httpx.Limits(max_connections=in_flight))
    client = openai.AsyncOpenAI(base_url=url + "/v1", api_key="sk-benchmark", http_client=http)
    room = asyncio.Semaphore(in_flight)
    with tempfile.NamedTemporaryFile("w", suffix=".jsonl") as out:

        async def ask(i):
            async with room:
                text = ""
                stream = await client.chat.completions.create(
                    model="benchmark",
                    messages=[{"role": "user", "content": "x" * 190 + str(i)}],
                    max_tokens=5,
                    stream=True,
                    stream_options={"include_usage": True},
                )
                async for chunk in stream:
                    if chunk.choices:
                        text += chunk.choices[0].delta.content or ""
                out.write(json.dumps({"custom_id": f"item-{i}", "text": text}) + "\n")
                out.flush()

        began = time.monotonic()
        await asyncio.gather(*(ask(i) for i in range(items)))
        took = time.monotonic() - began
    used = resource.getrusage(resource.RUSAGE_SELF)
    cpu = (used.ru_utime + used.ru_stime) / items * 1e6
    print(f"python items/s={items / took:.0f} us/item={cpu:.1f} maxrss_kb={used.ru_maxrss}")


asyncio.run(main())
