#!/usr/bin/env python3
"""Runs weir beside its peers against one server, interleaved, and prints medians, ratios, spread and memory.

compare.py BUILD_FOLDER [OPTIONS], where BUILD_FOLDER is of a release build; `./run compare` gives it.
"""
import argparse
import json
import os
import re
import resource
import signal
import ssl
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import plot
import report
from clients import MAKERS, Builder, Skipped
from loads import LOADS, VARIANTS

RUN_LIMIT = 900  # seconds


def say(text):
    print(text, file=sys.stderr, flush=True)


class Server:
    def __init__(self, program, folder):
        self.ca_file = folder / f"ca-{os.getpid()}.pem"  # others may be running
        self.process = subprocess.Popen([program, self.ca_file], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.ports = json.loads(self.process.stdout.readline())
        self.trusted = ssl.create_default_context(cafile=self.ca_file)

    def url(self, protocol, fresh):
        return f"https://127.0.0.1:{self.ports[protocol + ('-fresh' if fresh else '')]}"

    def count(self):
        direct = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=self.trusted))
        with direct.open(self.url("h1", True) + "/count") as answer:
            return json.load(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()
        self.ca_file.unlink()


def problem_of(text):
    """What a client says of its end: Python does so in the last line, others in the first ones."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return " ".join(lines[-1:] if "Traceback" in text else lines[:2])[:200]


def measure(server, client, load, variant, quick):
    """One run; raises Skipped if it was none."""
    model, amount, each = load.arguments(variant, quick)
    arguments = [load.kind, server.url(client.protocol, load.fresh), str(server.ca_file), model, str(amount), str(each)]
    before, start = server.count(), time.monotonic()
    process = subprocess.Popen(["timeout", str(RUN_LIMIT), *client.command, *arguments], stdout=subprocess.PIPE,
                               stderr=subprocess.PIPE, text=True)
    try:
        out, problem = process.stdout.read(), process.stderr.read()
    except KeyboardInterrupt:
        process.terminate()
        raise
    # With what it waited for: the client, below `timeout`.
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    found = re.search(r"count=(\d+) peak_kb=(\d+)", out)
    if process.returncode != 0 or not found:
        raise Skipped("it took too long" if process.returncode == 124
                      else f"it failed ({process.returncode}): {problem_of(problem or out)}")
    count, peak = int(found[1]), int(found[2])
    if count != (amount * each if load.kind == "stream" else amount):
        raise Skipped(f"it had {count} of the {load.unit}s")
    after = server.count()
    if after[client.protocol] == before[client.protocol]:
        raise Skipped("it does not speak HTTP/2")
    at_once = amount if load.kind == "stream" else each
    return {"us": (used.ru_utime + used.ru_stime) * 1e6 / count, "peak_kb": peak, "kb_each": peak / at_once,
            "seconds": time.monotonic() - start, "resumed": after["resumed"] - before["resumed"]}


def build(names, builder):
    clients, skipped = [], {}
    for name in names:
        say(f"building {name}")
        try:
            clients.append(MAKERS[name](builder))
        except Skipped as why:
            skipped[name] = str(why)
            say(f"skipped: {name}: {why}")
    return clients, skipped


def run_all(server, clients, loads, options, results, skipped):
    cases = [(load, v) for load in loads for v in load.variants if v in options.variants or load.kind == "call"]
    for round in range(options.rounds):
        for load, variant in cases:
            turn = round % len(clients)
            for client in clients[turn:] + clients[:turn]:
                key = (load.name, variant, client.name)
                if not client.takes(load, variant) or client.name in skipped or key in skipped:
                    continue
                try:
                    run = measure(server, client, load, variant, options.quick or client.slow)
                except Skipped as why:
                    skipped[client.name if "HTTP/2" in str(why) else key] = str(why)
                    say(f"skipped: {' '.join(key)}: {why}")
                    continue
                results.setdefault(key, []).append(run)
                say(f"round {round + 1}: {load.name} {variant} {client.name}: {run['us']:.2f} us a {load.unit}, "
                    f"{run['peak_kb']} kB, {run['seconds']:.1f} s")


def names_of(text, known, what):
    names = text.split(",")
    unknown = [n for n in names if n not in known]
    if unknown:
        raise SystemExit(f"compare.py: no such {what}: {', '.join(unknown)}; there are {', '.join(known)}")
    return names


def main():
    known = [load.name for load in LOADS]
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("build", help="the folder of a release build")
    parser.add_argument("--quick", action="store_true", help="small loads: shows that all works, not what it costs")
    parser.add_argument("--rounds", type=int, help="of each load and client (5; with --quick 1)")
    parser.add_argument("--loads", default=",".join(known), help=f"some of {', '.join(known)}")
    parser.add_argument("--clients", default=",".join(MAKERS), help=f"some of {', '.join(MAKERS)}")
    parser.add_argument("--variants", default=",".join(VARIANTS), help=f"of events: some of {', '.join(VARIANTS)}")
    parser.add_argument("--out", default="build/compare", help="the folder for packages and results")
    options = parser.parse_args()
    options.rounds = options.rounds or (1 if options.quick else 5)
    options.variants = names_of(options.variants, VARIANTS, "variant")
    loads = [load for load in LOADS if load.name in names_of(options.loads, known, "load")]
    names = names_of(options.clients, list(MAKERS), "client")

    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    builder = Builder(options.build, options.out)
    try:
        server = Server(builder.go("server", "server"), builder.folder)
    except Skipped as why:
        raise SystemExit(f"compare.py: no server: {why}")
    clients, skipped = build(names, builder)
    if not clients:
        raise SystemExit("compare.py: there is no client to run")
    results, begun = {}, os.getloadavg()
    # An end from outside keeps what there is, also where SIGINT was ignored by whoever started this.
    for end in (signal.SIGINT, signal.SIGTERM):
        signal.signal(end, signal.default_int_handler)
    try:
        run_all(server, clients, loads, options, results, skipped)
    except KeyboardInterrupt:
        say("interrupted: what there is so far")
    finally:
        server.close()
    summary = report.summarise(results, skipped, loads, options, begun)
    print(report.table(summary))
    (builder.folder / "results.json").write_text(json.dumps(summary, indent=1) + "\n")
    (builder.folder / "compare.svg").write_text(plot.svg(summary))
    say(f"{options.out}/results.json and {options.out}/compare.svg are written")


if __name__ == "__main__":
    main()
