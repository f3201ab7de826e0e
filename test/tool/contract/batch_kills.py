#!/usr/bin/env python3
"""batch_kills.py WEIR: a job that is killed at random instants, and at system calls, and what its last run writes.

Its output has every id once and is the same, byte for byte, as that of a run that nobody has killed; a kill repeats at
most the requests that were in flight, and as many whose answers were not synced yet. WEIR_KILLS=1000 plays so many
kills of a job of 10,000 items, and one at every system call of a small job; otherwise there are 30, of 1,000 items, and
a sample of the system calls."""

import asyncio
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time

weir = os.path.realpath(sys.argv[1])
asked_for = int(os.environ.get("WEIR_KILLS", "0"))
KILLS = asked_for or 30
ITEMS = 10_000 if asked_for else 1_000
CONCURRENCY = 20
SAMPLE = None if asked_for else 40  # system calls
dice = random.Random(int(os.environ.get("WEIR_SEED", "1")))


class Server(threading.Thread):
    """A provider that answers each question by itself after a few milliseconds, and counts how often it is asked."""

    def __init__(self):
        super().__init__(daemon=True)
        self.asked = collections.Counter()
        self.ready = threading.Event()

    def run(self):
        asyncio.run(self.serve())

    async def serve(self):
        server = await asyncio.start_server(self.connection, "127.0.0.1", 0, limit=1 << 20, backlog=500)
        self.url = "http://127.0.0.1:%d/v1" % server.sockets[0].getsockname()[1]
        self.ready.set()
        async with server:
            await server.serve_forever()

    async def connection(self, reader, writer):
        try:
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                length = [int(h.split(b":")[1]) for h in head.split(b"\r\n") if h.lower().startswith(b"content-length:")]
                body = json.loads(await reader.readexactly(length[0]))
                question = body["messages"][-1]["content"]
                self.asked[question] += 1
                await asyncio.sleep(0.001 * (1 + hash(question) % 9))
                chunk = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m"}
                text = chunk | {"choices": [{"index": 0, "delta": {"content": "Answer to " + question}}]}
                end = chunk | {"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}
                lines = b"".join(b"data: " + json.dumps(one).encode() + b"\n\n" for one in (text, end))
                lines += b"data: [DONE]\n\n"
                writer.write(b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ncontent-length: %d\r\n\r\n" % len(lines))
                writer.write(lines)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError, asyncio.CancelledError):
            pass
        finally:
            writer.close()

    def total(self):
        return sum(self.asked.values())


class Folder:
    def __init__(self, items):
        self.path = tempfile.mkdtemp(prefix="weir-kills-")
        with open(self.file("in.csv"), "w") as rows:
            rows.write("id,text\n")
            for i in range(items):
                rows.write("row-%d,Question %d\n" % (i, i))
        home = {k: v for k, v in os.environ.items() if not k.upper().endswith(("_KEY", "_TOKEN", "_PROXY"))}
        self.env = home | {"HOME": self.path, "XDG_CONFIG_HOME": self.path, "XDG_STATE_HOME": self.path}

    def file(self, name):
        return os.path.join(self.path, name)

    def command(self, out, concurrency=CONCURRENCY):
        return [weir, "batch", self.file("in.csv"), "--template", "{{text}}", "--base-url", server.url, "--model", "m",
                "-o", self.file(out), "--quiet", "--concurrency", str(concurrency)]

    def start(self, out, before=(), concurrency=CONCURRENCY):
        return subprocess.Popen([*before, *self.command(out, concurrency)], env=self.env, stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, start_new_session=True)

    def finish(self, out):
        last = self.start(out)
        told = last.communicate(timeout=120)[1].decode()
        if last.returncode != 0:
            fail("the last run ended with %d: %s" % (last.returncode, told))
        with open(self.file(out), "rb") as f:
            return f.read()

    def remove(self):
        shutil.rmtree(self.path)


failures = 0


def fail(what):
    global failures
    failures += 1
    print("FAILED:", what, flush=True)


def kill(process):
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        pass
    process.communicate()


def check(what, written, wanted, ids):
    if written != wanted:
        there = collections.Counter(line.split(b",")[0] for line in written.splitlines()[1:])
        lost = [i for i in ids if there[i.encode()] == 0]
        twice = [i for i, n in there.items() if n > 1]
        fail("%s: the output differs: lost %s, twice %s" % (what, lost[:5], twice[:5]))


def at_random_instants():
    folder = Folder(ITEMS)
    wanted = folder.finish("whole.csv")
    ids = ["row-%d" % i for i in range(ITEMS)]
    check("a run that is not killed", wanted, wanted, ids)
    server.asked.clear()
    done = 0
    for n in range(KILLS):
        job = folder.start("out.csv")
        # Half of them while it starts, reads and replays what it has, the others after so many requests.
        if n % 2:
            time.sleep(dice.uniform(0, 0.15))
        else:
            until = server.total() + dice.randrange(1, max(2, 2 * ITEMS // KILLS))
            while server.total() < until and job.poll() is None:
                time.sleep(0.0005)
            time.sleep(dice.uniform(0, 0.01))
        done += job.poll() is not None
        kill(job)
    check("killed %d times" % KILLS, folder.finish("out.csv"), wanted, ids)
    requests = server.total()
    if requests > ITEMS + KILLS * 2 * CONCURRENCY:
        fail("%d requests for %d items and %d kills" % (requests, ITEMS, KILLS))
    if len(server.asked) != ITEMS:
        fail("%d questions were asked, not %d" % (len(server.asked), ITEMS))
    print("%d items, %d kills (%d came after the end): %d requests, %d more than needed" %
          (ITEMS, KILLS, done, requests, requests - ITEMS), flush=True)
    folder.remove()


SMALL = 20
# What the journal and the output do, counted by itself: the others come much oftener.
DISK = "openat,pwrite64,write,fdatasync,fsync,ftruncate,rename,renameat,renameat2,unlink,flock,close"


def at_system_calls(which):
    folder = Folder(SMALL)
    wanted = folder.finish("whole.csv")
    ids = ["row-%d" % i for i in range(SMALL)]

    def inject(n):
        out = "out-%d.csv" % n
        before = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=%s:signal=SIGKILL:when=%d" % (which, n)]
        job = folder.start(out, before, concurrency=4)
        told = job.communicate(timeout=120)[1].decode()
        killed = job.returncode == -signal.SIGKILL or job.returncode == 128 + signal.SIGKILL
        if not killed and job.returncode != 0:
            fail("with strace: %d: %s" % (job.returncode, told))
        check("killed at call %d of %s" % (n, which), folder.finish(out), wanted, ids)
        return killed

    last = 1
    while inject(last):  # how many there are, about
        last *= 2
    calls = range(1, last) if SAMPLE is None else sorted(dice.sample(range(1, last), min(SAMPLE, last - 1)))
    killed = sum(inject(n) for n in calls)
    print("killed at %d system calls of %d (%s)" % (killed, last, which[:20]), flush=True)
    folder.remove()


def strace_works():
    if not shutil.which("strace"):
        return "there is no strace"
    tried = subprocess.run(["strace", "-f", "-qq", "-o", "/dev/null", "-e", "inject=all:signal=SIGKILL:when=1", "true"],
                           stderr=subprocess.PIPE, text=True)
    return "" if tried.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL) else "strace cannot inject: " + tried.stderr


server = Server()
server.start()
server.ready.wait()
began = time.monotonic()
at_random_instants()
if why := strace_works():
    print("skipped: kills at system calls:", why)
else:
    at_system_calls("all")
    at_system_calls(DISK)
print("%d failures, %.0f s" % (failures, time.monotonic() - began))
sys.exit(1 if failures else 0)
