#!/usr/bin/env python3
"""load_generators.py WEIR [--streams 1,10,100,500,1000] [--seconds 10] [--gaps PATH] [--guidellm PATH]
load_generators.py WEIR --rates 100,200,400,… [--seconds 10] [--guidellm PATH]

How far load generators are from the truth: a simulated provider (weir sim) with a first token after 50 ms and a gap of
10 ms, 100 tokens an answer, so many streams at once, closed loop. Each tool measures the same server, one after the
other; guidellm 0.8 if its path is given. Prints the mean TTFT that each reports, its error, and a 99th percentile: of
weir the gaps between chunks, of guidellm the average gap of an answer, which is all that it tells. With --gaps the
program of that name, of this folder, is a tool too: it decodes nothing, so that what it sees is the server's and the
system's own.

With --rates: how many requests a second of one token each tool starts until the 99th percentile of its delays, from
when a request was to start until it was sent, passes 10 ms. A tool that has failed a rate is not asked a higher one.

The method is that of the accuracy test of vLLM's Rust benchmark (bench-overhead in vllm-project/vllm-bench).
"""
import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
import time

TTFT, GAP, TOKENS = 50.0, 10.0, 100
MOST_DELAY = 10.0  # ms


class Server:
    def __init__(self, weir, ttft=TTFT, gap=GAP, tokens=TOKENS):
        self.process = subprocess.Popen(
            [weir, "sim", "--plain", "--ttft", f"{ttft:g}ms", "--gap", f"{gap:g}ms", "--tokens", str(tokens)],
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


def gaps(tool, url, streams, seconds, folder):
    out = subprocess.run([tool, url.split("/")[2], str(streams), str(seconds), "2"], check=True, stdout=subprocess.PIPE,
                         text=True).stdout
    r = dict(pair.split("=") for pair in out.split())
    return float(r["ttft_mean_ms"]), float(r["gap_p99_ms"]), float(r["answers"]) / seconds


def run_guidellm(tool, url, profile, seconds, folder):
    out = os.path.join(folder, "guidellm.json")
    prompts = os.path.join(folder, "prompts.txt")
    with open(prompts, "w") as f:
        f.writelines(f"hello number {i}\n" for i in range(5000))
    subprocess.run([tool, "run", "--backend", f"kind=openai_http,target={url},model=m", "--profile", profile,
                    "--constraint", f"kind=max_duration,seconds={seconds}",
                    "--data", f"kind=text_file,path={prompts}", "--output", f"kind=json,path={out}",
                    "--disable-console"],
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)
    with open(out) as f:
        return json.load(f)["benchmarks"][0]


def guidellm(tool, url, streams, seconds, folder):
    b = run_guidellm(tool, url, f"kind=concurrent,streams={streams}", seconds, folder)
    m = b["metrics"]
    done = m["request_totals"]["successful"]
    return (m["time_to_first_token_ms"]["successful"]["mean"],
            m["inter_token_latency_ms"]["successful"]["percentiles"]["p99"], done / b["duration"])


# The delay in ms, and the requests a second that were sent.
def weir_delay(tool, url, rate, seconds, folder):
    out = os.path.join(folder, "weir.csv")
    subprocess.run([tool, "bench", "--config", "none", "--base-url", url, "-m", "m", "-r", str(rate), "-d",
                    f"{seconds}s", "--warm-up", "1s", "--csv", out, "--no-floor", "-q", "hello"],
                   stdout=subprocess.DEVNULL)
    with open(out) as f:
        row = next(r for r in csv.DictReader(f) if r["metric"] == "send_delay")
    return float(row["p99"] or row["max"]), int(row["count"]) / seconds


def guidellm_delay(tool, url, rate, seconds, folder):
    b = run_guidellm(tool, url, f"kind=constant,rate={rate}", seconds + 1, folder)
    times = sorted((t["targeted_start"], t["request_start"] - t["targeted_start"])
                   for t in (r["info"]["timings"] for r in b["requests"]["successful"]))
    delays = sorted(delay for at, delay in times if at >= times[0][0] + 1)  # without the first second
    return delays[int(0.99 * len(delays))] * 1000, len(delays) / seconds


def compare_rates(given):
    tools = [("weir", weir_delay, given.weir), ("guidellm", guidellm_delay, given.guidellm)]
    best = {}
    server = Server(given.weir, 20, 1, 1)
    try:
        print("rate    tool       delay p99 ms   sent/s", flush=True)
        for name, measure, tool in tools:
            for rate in map(int, given.rates.split(",")) if tool else []:
                with tempfile.TemporaryDirectory() as folder:
                    delay, sent = measure(tool, server.url, rate, given.seconds, folder)
                print(f"{rate:6}  {name:9}  {delay:12.2f}  {sent:7.1f}", flush=True)
                if delay > MOST_DELAY or sent < 0.95 * rate:
                    break
                best[name] = rate
    finally:
        server.stop()
    if len(best) == 2:
        print(f"weir starts {best['weir'] / best['guidellm']:.1f} times as many")


def main():
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("weir")
    p.add_argument("--streams", default="1,10,100,500,1000")
    p.add_argument("--seconds", type=int, default=10)
    p.add_argument("--rates")
    p.add_argument("--gaps")
    p.add_argument("--guidellm")
    given = p.parse_args()
    if given.rates:
        compare_rates(given)
        return
    tools = [("gaps", gaps, given.gaps), ("weir", weir, given.weir), ("guidellm", guidellm, given.guidellm)]
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
