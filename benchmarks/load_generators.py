#!/usr/bin/env python3
"""load_generators.py WEIR [--streams 1,10,100,500,1000] [--seconds 10] [--guidellm PATH]

How far load generators are from the truth: a simulated provider (weir sim) with a first token after 50 ms and a gap of
10 ms, 100 tokens an answer, so many streams at once, closed loop. Each tool measures the same server, one after the
other; guidellm 0.8 if its path is given. Prints the mean TTFT that each reports, its error, and a 99th percentile: of
weir the gaps between chunks, of guidellm the average gap of an answer, which is all that it tells.

The method is that of the accuracy test of vLLM's Rust benchmark (bench-overhead in vllm-project/vllm-bench).
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time

TTFT, GAP, TOKENS = 50.0, 10.0, 100


class Server:
    def __init__(self, weir):
        self.process = subprocess.Popen(
            [weir, "sim", "--plain", "--ttft", f"{TTFT:g}ms", "--gap", f"{GAP:g}ms", "--tokens", str(TOKENS)],
            stdout=subprocess.PIPE, text=True)
        self.url = re.search(r"http://\S+", self.process.stdout.readline()).group(0)

    def stop(self):
        self.process.terminate()
        self.process.wait()


def weir(tool, url, streams, seconds, folder):
    out = os.path.join(folder, "weir.json")
    subprocess.run([tool, "bench", "--config", "none", "--base-url", url, "-m", "m", "-c", str(streams), "-d",
                    f"{seconds}s", "--warm-up", "2s", "--export", f"vllm={out}", "--no-floor", "-q", "hello"],
                   stdout=subprocess.DEVNULL)
    with open(out) as f:
        r = json.load(f)
    return r["mean_ttft_ms"], r["p99_itl_ms"], r["request_throughput"]


def guidellm(tool, url, streams, seconds, folder):
    out = os.path.join(folder, "guidellm.json")
    prompts = os.path.join(folder, "prompts.txt")
    with open(prompts, "w") as f:
        f.writelines(f"hello number {i}\n" for i in range(5000))
    subprocess.run([tool, "run", "--backend", f"kind=openai_http,target={url},model=m", "--profile",
                    f"kind=concurrent,streams={streams}", "--constraint", f"kind=max_duration,seconds={seconds}",
                    "--data", f"kind=text_file,path={prompts}", "--output", f"kind=json,path={out}",
                    "--disable-console"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    with open(out) as f:
        b = json.load(f)["benchmarks"][0]
    m = b["metrics"]
    done = m["request_totals"]["successful"]
    return (m["time_to_first_token_ms"]["successful"]["mean"],
            m["inter_token_latency_ms"]["successful"]["percentiles"]["p99"], done / b["duration"])


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("weir")
    p.add_argument("--streams", default="1,10,100,500,1000")
    p.add_argument("--seconds", type=int, default=10)
    p.add_argument("--guidellm")
    given = p.parse_args()
    tools = [("weir", weir, given.weir), ("guidellm", guidellm, given.guidellm)]
    server = Server(given.weir)
    try:
        print("streams  tool       ttft mean ms   error ms   gap p99 ms   requests/s   wall s", flush=True)
        for streams in map(int, given.streams.split(",")):
            for name, measure, tool in tools:
                if not tool:
                    continue
                with tempfile.TemporaryDirectory() as folder:
                    began = time.monotonic()
                    try:
                        ttft, gap, rate = measure(tool, server.url, streams, given.seconds, folder)
                    except (subprocess.CalledProcessError, RuntimeError, KeyError, OSError) as e:
                        print(f"{streams:7}  {name:9}  {e}", file=sys.stderr)
                        continue
                    print(f"{streams:7}  {name:9}  {ttft:12.1f}  {ttft - TTFT:9.1f}  {gap:11.1f}  {rate:11.1f}"
                          f"  {time.monotonic() - began:7.1f}", flush=True)
    finally:
        server.stop()


main()
