#!/usr/bin/env python3
"""bench_contract.py WEIR: weir bench, as scripts and people use it, against simulated providers.

Python's standard library is enough. Runs are short and their rates low: what is checked is what is said, not how fast
anything is."""

import fcntl
import json
import os
import pty
import re
import resource
import signal
import struct
import subprocess
import sys
import tempfile
import termios
import time

weir = os.path.realpath(sys.argv[1])
CANARY = "hf_CanaryThatMustNeverBePrinted"
LIMIT = 60  # seconds that nothing here takes
failures = 0
cases = 0
folder = tempfile.mkdtemp(prefix="weir-bench-")
os.chdir(folder)
kept = {k: v for k, v in os.environ.items() if k in ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "ASAN_OPTIONS",
                                                     "TSAN_OPTIONS", "UBSAN_OPTIONS")}
ENV = {**kept, "HOME": folder, "LC_ALL": "C.UTF-8"}


class Failed(Exception):
    pass


def holds(what, *seen):
    if not what:
        raise Failed("".join("\n    | " + line for text in seen for line in str(text)[-2000:].splitlines()))


def has(text, *parts):
    for part in parts:
        if part not in text:
            raise Failed("%r is not in it: %s" % (part, "".join("\n    | " + l for l in text[-2000:].splitlines())))


class Sim:
    """A simulated provider, for as long as a `with` lasts."""

    def __init__(self, *options, plain=True):
        self.process = subprocess.Popen([weir, "sim", "--port", "0", *(["--plain"] if plain else []), *options], env=ENV,
                                        text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                        stdin=subprocess.DEVNULL)
        self.url = self.ca = None
        for line in self.process.stdout:
            if line.startswith("listening on "):
                self.url = line.split()[-1]
            if line.startswith("ca file: "):
                self.ca = line[len("ca file: "):].strip()
            if self.url and (plain or self.ca):
                return
        raise Failed("the simulated provider did not start")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()

    @property
    def target(self):
        return ["--base-url", self.url, "--model", "a/b"]


class Ran:
    def __init__(self, code, out, err):
        self.code, self.out, self.err = code, out, err


def start(*args, **more):
    return subprocess.Popen([weir, "bench", *args], env={**ENV, **more.pop("env", {})}, text=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **more)


def bench(code, *args, **more):
    """Runs it to its end, with this exit code, and the key of the environment in nothing that it says."""
    process = start(*args, **more)
    out, err = process.communicate(timeout=LIMIT)
    if process.returncode != code:
        raise Failed("exit code %d, not %d: %s%s" % (process.returncode, code, out[-1500:], err[-1500:]))
    holds("Canary" not in out + err, out, err)
    return Ran(process.returncode, out, err)


def refused(code, *args, says, **more):
    """One line that says why, at once, and nothing else, and no file."""
    before = set(os.listdir("."))
    ran = bench(code, *args, **more)
    lines = [line for line in ran.err.splitlines() if line]
    holds(len(lines) == 1 and lines[0].startswith("weir: ") and not ran.out, ran.out, ran.err)
    has(ran.err, says)
    holds(set(os.listdir(".")) == before, "left behind: %s" % (set(os.listdir(".")) - before))


def healthy(*args):
    """A run on a machine that others use as well may be invalid, and says so: not three times in a row."""
    for attempt in range(3):
        process = start(*args)
        out, err = process.communicate(timeout=LIMIT)
        if process.returncode == 0:
            return Ran(0, out, err)
    raise Failed("exit code %d three times: %s%s" % (process.returncode, out[-1500:], err[-1500:]))


def written(name, text):
    with open(name, "w") as f:
        f.write(text)
    return name


def read(name):
    with open(name) as f:
        return f.read()


SHORT = ["--rate", "20", "--duration", "2s", "--warm-up", "0s", "--no-floor"]


def a_healthy_run():
    with Sim("--ttft", "20ms", "--gap", "1ms", "--tokens", "20") as sim:
        ran = healthy(*sim.target, "--rate", "20", "--poisson", "--duration", "3s", "--slo", "ttft<5s", "--report",
                      "r.html", "-o", "r.json", "--csv", "r.csv", "--export", "vllm=v.json", "--export", "aiperf=a.json",
                      "--save-calls", "calls.jsonl")
        holds(ran.out.splitlines()[0].startswith("valid: "), ran.out)
        has(ran.out, "ttft", "e2e")
        has(ran.err, "The report is in r.html")
        has(read("r.html"), "<html", "valid: ")
        holds(len(read("r.html")) < 500_000, len(read("r.html")))
        result = json.loads(read("r.json"))
        holds(result["summary"]["valid"] is True, result["summary"])
        holds(40 < result["summary"]["targets"][0]["calls"] < 80, result["summary"])
        holds(json.loads(read("v.json"))["completed"] > 40, read("v.json")[:500])
        holds("time_to_first_token" in json.loads(read("a.json")), read("a.json")[:500])
        has(read("r.csv"), "ttft,")
        calls = [json.loads(line) for line in read("calls.jsonl").splitlines()]
        holds(sum("warm_up" not in c for c in calls) == result["summary"]["targets"][0]["calls"], len(calls))
        holds(all(c["outcome"] in ("complete", "length") and c["ended"] > c["meant"] for c in calls), calls[:3])


def json_goes_to_stdout_alone():
    with Sim("--ttft", "5ms", "--tokens", "5") as sim:
        ran = healthy(*sim.target, *SHORT, "--json")
        result = json.loads(ran.out)
        holds(result["summary"]["valid"] is True, ran.out[:500])
        has(ran.err, "valid: ")
        ran = healthy(*sim.target, *SHORT, "--quiet", "--csv", "-")
        has(ran.out, "ttft,")
        holds(not ran.err, ran.err)


def reports_are_made_again_and_checked():
    ran = bench(0, "report", "r.json", "--report", "again.html", "--fail-if", "failures > 1%")
    holds(ran.out.startswith("valid: "), ran.out)
    has(read("again.html"), "<html")
    ran = bench(10, "report", "again.html", "--fail-if", "ttft.p50 > 1ms", "--fail-if", "rate < 0.5")
    has(ran.err, "weir: --fail-if 'ttft.p50 > 1ms': ttft.p50 is ")
    holds("rate <" not in ran.err, ran.err)
    bench(0, "report", "r.json", "--baseline", "r.json", "--fail-if", "ttft.p50 > 1.01x")
    bench(10, "report", "r.json", "--baseline", "r.json", "--fail-if", "ttft.p50 > 0.5x")
    refused(2, "report", "r.json", "--fail-if", "ttft.p50 > 1.1x", says="give --baseline FILE")
    # What vLLM's file tells, and no more.
    ran = bench(0, "report", "v.json", "--fail-if", "e2e.p50 > 30s", "--fail-if", "rate < 0.5")
    holds(ran.out.startswith("not verified: "), ran.out)
    bench(10, "report", "r.json", "--baseline", "v.json", "--fail-if", "ttft_sent.p50 > 0.5x")
    ran = bench(10, "report", "r.json", "--baseline", "v.json", "--fail-if", "ttft.p50 > 9x")
    has(ran.err, "in the baseline: it has chunk_gap.mean")
    refused(2, "report", written("other.json", '{"completed": 5}'), says="other.json: ")
    refused(2, "--rate", "5", "report", "r.json", says="--rate stands before `report`")
    refused(2, "report", "r.json", "--baseline", "r.json", says="--baseline needs --fail-if")
    refused(2, "report", "nowhere.json", says="nowhere.json")


def parts_are_merged():
    with Sim("--ttft", "5ms", "--tokens", "5") as sim:
        parts = [start(*sim.target, *SHORT, "--split", "%d/2" % k, "-o", "part%d.json" % k) for k in (1, 2)]
        said = [p.communicate(timeout=LIMIT)[0] for p in parts]
    has(said[0], "part 1 of 2 alone")
    merged = start("merge", "part1.json", "part2.json", "-o", "merged.json")
    out, err = merged.communicate(timeout=LIMIT)
    holds(merged.returncode in (0, 10), out, err)  # as valid as its parts
    holds("is missing" not in out and "alone" not in out, out)
    counts = [json.loads(read(f))["summary"]["targets"][0]["calls"] for f in ("part1.json", "part2.json", "merged.json")]
    holds(counts[0] + counts[1] == counts[2] and abs(counts[2] - 40) <= 1, counts)
    has(bench(10, "merge", "part2.json").out, "invalid: part 1 of 2 is missing")
    refused(2, "merge", "part1.json", "part1.json", says="part 1 is there twice")
    refused(2, "merge", "part1.json", "r.json", says="another plan")
    refused(2, "merge", "part1.json", "part2.json", "-o", "part1.json", says="is an input")


def a_breaking_point_is_found():
    with Sim("--ttft", "50ms", "--slots", "2", "--tokens", "1") as sim:  # 40 a second
        process = start(*sim.target, "--find-peak", "--first-rate", "15", "--duration", "1500ms", "--warm-up", "0s",
                        "--slo", "ttft<1s", "--no-floor", "--drain", "5s", "-o", "peak.json")
        out, err = process.communicate(timeout=110)
        holds(process.returncode in (0, 10), out, err)
        summary = json.loads(read("peak.json"))["summary"]
        holds(25 < summary["peak"] < 50, summary)
        ran = start(*sim.target, "--peak", "12", "--duration", "1500ms", "--warm-up", "0s", "--no-floor", "--slo",
                    "ttft<1s")
        out, err = ran.communicate(timeout=LIMIT)
        holds(ran.returncode in (0, 10), out, err)
        has(out, "12", "24", "36", "rates tried", "requests/s, the highest rate that held")


def targets_take_turns():
    with Sim("--ttft", "5ms", "--tokens", "5") as fast, Sim("--ttft", "60ms", "--tokens", "5") as slow:
        ran = start("--model", "a/b", "--target", "fast=" + fast.url, "--target", "slow=" + slow.url, "-c", "2",
                    "--duration", "4s", "--turn", "400ms", "--warm-up", "0s", "--no-floor")
        out, err = ran.communicate(timeout=LIMIT)
        holds(ran.returncode in (0, 10), out, err)
        has(out, "fast", "slow", "ttft")
        refused(2, "--target", "a=" + fast.url, "--target", "b=" + slow.url, "--find-peak", says="one target")
        refused(2, "--target", "a=" + fast.url, "--target", "b=" + slow.url, "--rate", "1..2/3s,2/3s",
                says="a constant load")


def bad_input_is_one_line():
    with Sim("--ttft", "1ms", "--tokens", "2") as sim:
        to = [*sim.target, "--report", "never.html", "-o", "never.json"]
        refused(2, *to, "--rate", "sometimes", says="--rate: ")
        refused(2, *to, "--rate", "1..5", says="--rate: ")
        refused(2, *to, "--rate", "0", says="--rate: ")
        refused(2, *to, "--rate", "5/0s", says="--rate: ")
        refused(2, *to, "-c", "0", says="--concurrency")
        refused(2, *to, "--slo", "speed<1s", says="there is no metric \"speed\"")
        refused(2, *to, "--fail-if", "speed > 1", says="there is no figure \"speed\"")
        refused(2, *to, "--data", written("empty.jsonl", ""), says="empty.jsonl")
        refused(2, *to, "--data", "nowhere.jsonl", says="nowhere.jsonl")
        holes = written("holes.jsonl", '{"timestamp":0,"input_length":9,"output_length":2}\n'
                                       '{"input_length":9,"output_length":2}\n')
        refused(2, *to, "--data", holes, "--replay", says="holes.jsonl")
        broken = written("broken.jsonl", '{"prompt":"a"}\n{"prompt":\n')
        refused(2, *to, "--data", broken, says="broken.jsonl")
        untimed = written("untimed.jsonl", '{"prompt":"a"}\n{"prompt":"b"}\n')
        refused(2, *to, "--data", untimed, "--replay", says="time")
        refused(2, *to, "--baseline", holes, "--fail-if", "rate < 0.5x", says="holes.jsonl")
        refused(2, *to, "--baseline", "none.json", "--fail-if", "rate < 0.5x", says="--make-baseline writes it")
        # What would change nothing.
        refused(2, *to, "--rate", "5", "--max-rate", "9", says="--max-rate needs --find-peak")
        refused(2, *to, "--think", "1s", says="--think needs --turns")
        refused(2, *to, "--prefixes", "4", says="--prefixes needs --prefix-tokens")
        refused(2, *to, "--from", "1s", says="--from needs --data")
        refused(2, *to, "--data", untimed, "--turns", "3", says="--data and --turns exclude each other")
        refused(2, *to, "--retries", "3", says="--retries needs --with-policies")
        refused(2, *to, "--no-stream", "--slo", "ttft<1s", says="without one there are send_delay, connect, ttfb")
        refused(2, *sim.target, "-o", "-", "--json", says="--json and --output are both written to stdout")


def a_target_that_refuses_all():
    to = ["--model", "a/b", "--rate", "50", "--duration", "20s", "--report", "never.html"]
    begun = time.monotonic()
    refused(5, "--base-url", "http://127.0.0.1:1", *to, says="answered none of ")
    holds(time.monotonic() - begun < 10, "it did not end at once")
    with Sim("--fault", "unauthorized") as sim:
        refused(4, "--base-url", sim.url, *to, says="answered none of ")
    with Sim("--fault", "503") as sim:
        refused(5, "--base-url", sim.url, "--model", "a/b", *SHORT, "--report", "never.html", says="answered none of ")
        bench(5, "--base-url", sim.url, "--model", "a/b", *SHORT, "--save-calls", "failed.jsonl")
        calls = [json.loads(line) for line in read("failed.jsonl").splitlines()]
        holds(len(calls) > 5 and all(c["outcome"] == "failed" and c["error"] == "overloaded" and c["status"] == 503 and
                                     c["message"] for c in calls), calls[:3])
    refused(3, "-p", "groq", *to, says="GROQ_API_KEY")


def places_are_checked_first():
    with Sim() as sim:
        run = [*sim.target, "--rate", "5", "--duration", "30s"]  # none of these waits for it
        os.mkdir("folder")
        refused(2, *run, "--report", "folder", says="folder")
        refused(2, *run, "--report", "nowhere/r.html", says="nowhere/r.html")
        refused(2, *run, "--save-calls", "nowhere/c.jsonl", says="nowhere/c.jsonl")
        refused(2, *run, "--report", "x", "-o", "./x", says="cannot both be written to")
        data = written("prompts.txt", "one\ntwo\n")
        refused(2, *run, "--data", data, "-o", data, says="is an input")
        holds(read(data) == "one\ntwo\n", read(data))

        def small_disk():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))

        refused(7, *run, "--report", "r2.html", says="r2.html", preexec_fn=small_disk)
        # What fails afterwards costs only itself.
        if os.access("/dev/full", os.W_OK):
            ran = bench(7, *sim.target, *SHORT, "--report", "/dev/full", "-o", "kept.json")
            has(ran.err, "weir: --report: ")
            has(ran.out, "ttft")
            holds("summary" in json.loads(read("kept.json")), "nothing is kept")


def stopped_early():
    with Sim("--ttft", "5ms", "--tokens", "5") as sim:
        process = start(*sim.target, "--rate", "30", "--duration", "60s", "--warm-up", "0s", "--report", "early.html",
                        "-o", "early.json")
        time.sleep(1.5)
        process.send_signal(signal.SIGUSR1)
        time.sleep(0.5)
        process.send_signal(signal.SIGINT)
        begun = time.monotonic()
        out, err = process.communicate(timeout=LIMIT)
        holds(process.returncode == 130, process.returncode, out, err)
        holds(time.monotonic() - begun < 10, "it took its time")
        has(out.splitlines()[0], "incomplete")
        has(err, "measuring: ", "ending the run")
        result = json.loads(read("early.json"))
        holds(result["summary"]["complete"] is False and result["summary"]["targets"][0]["calls"] > 10,
              result["summary"])
        has(read("early.html"), "incomplete")


def secrets_stay_out():
    process = subprocess.Popen([weir, "sim", "--port", "0", "--plain", "--key-env", "BENCH_KEY"], text=True,
                               env={**ENV, "BENCH_KEY": CANARY}, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL)
    url = next(line.split()[-1] for line in process.stdout if line.startswith("listening on "))
    ran = bench(0, "--base-url", url, "--model", "a/b", "--api-key-env", "BENCH_KEY", "--header", "x-team: " + CANARY,
                "--header=x-other: " + CANARY, "-n", "3", "--no-floor", "--report", "s.html", "-o", "s.json",
                "--save-calls", "s.jsonl", "--export", "vllm=s.vllm", env={"BENCH_KEY": CANARY})
    process.terminate()
    process.communicate()
    for name in ("s.html", "s.json", "s.jsonl", "s.vllm"):
        holds("Canary" not in read(name), name)
    has(read("s.json"), "weir bench --base-url", "--header ...", "--header=...")


def flags_of_vllm():
    with Sim("--ttft", "5ms", "--tokens", "5") as sim:
        ran = start("--no-floor", "--vllm-flags", "--backend", "openai-chat", "--base-url", sim.url, "--endpoint",
                    "/v1/chat/completions", "--model", "a/b", "--num-prompts", "20", "--max-concurrency", "4",
                    "--random-input-len", "50", "--random-output-len", "5", "--goodput", "ttft:5000", "--save-result",
                    "--result-filename", "vllm.json", "--disable-tqdm", "--save-detailed")
        out, err = ran.communicate(timeout=LIMIT)
        holds(ran.returncode in (0, 10), out, err)
        has(err, "no part of what weir bench does: --save-detailed")
        told = json.loads(read("vllm.json"))
        holds(told["completed"] == 20 and told["max_concurrency"] == 4, told)
    refused(2, "--vllm-flags", "--model", "m", "--unheard-of", "x", says="--unheard-of")


def suites():
    with Sim("--ttft", "5ms", "--tokens", "5") as sim:
        os.makedirs("suite", exist_ok=True)
        defaults = {"base-url": sim.url, "model": "a/b", "duration": "1s", "warm-up": "0s", "no-floor": True}
        good = {"defaults": defaults, "scenarios": [
            {"name": "steady", "rate": 10, "output": "steady.json", "fail-if": ["failures > 1%"]},
            {"name": "closed", "concurrency": 2, "report": "closed.html"}]}
        written("suite/good.json", json.dumps(good))
        ran = healthy("run", "suite/good.json")
        has(ran.out, "steady (1 of 2)", "closed (2 of 2)", "scenario", "passed")
        has(ran.err, "The report is in suite/closed.html")
        has(read("suite/closed.html"), "<html")
        has(read("suite/steady.json"), "weir bench --base-url=")
        ran = healthy("run", "suite/good.json", "--only", "closed")
        holds("steady" not in ran.out, ran.out)

        good["scenarios"][0]["baseline"] = "steady.json"
        good["scenarios"][0]["output"] = None
        good["scenarios"][0]["fail-if"] = ["ttft.p50 > 0.01x"]
        written("suite/good.json", json.dumps(good))
        ran = bench(10, "run", "suite/good.json")
        has(ran.err, "weir: --fail-if 'ttft.p50 > 0.01x'")
        has(ran.out, "closed (2 of 2)")

        def bad(scenario, says):
            whole = {"defaults": defaults, "scenarios": [{"name": "fine", "rate": 5, "report": "f.html"}, scenario]}
            written("suite/bad.json", json.dumps(whole))
            refused(2, "run", "suite/bad.json", says="suite/bad.json: " + says)

        # A first run makes the baselines, the next ones are compared with them; and other targets and places.
        del good["scenarios"][0]["baseline"], good["scenarios"][0]["fail-if"], good["scenarios"][1]["report"]
        written("suite/good.json", json.dumps(good))
        other = ["--duration", "500ms", "--report", "{name}.html", "--make-baseline", "--baseline", "b-{name}.json",
                 "--fail-if", "ttft.p50 > 0.01x"]
        good["defaults"]["base-url"] = "http://127.0.0.1:1"
        written("suite/good.json", json.dumps(good))
        ran = healthy("run", "suite/good.json", *sim.target, *other)
        has(ran.err, "The baseline is written to ", "b-steady.json: nothing was compared", "b-closed.json")
        has(read("steady.html"), "<html", "--duration=500ms")
        ran = bench(10, "run", "suite/good.json", *sim.target, *other, "--quiet")
        has(ran.err, "weir: --fail-if 'ttft.p50 > 0.01x': ")
        holds(not ran.out, ran.out)
        refused(2, "run", "suite/good.json", *sim.target, "-o", "one.json", says="as with {name} in it")
        refused(2, "run", "suite/good.json", "--rate", "5", says="closed: \"concurrency\" and --rate exclude each other")

        bad({"name": "wrong", "rate": "often"}, "wrong: \"rate\": ")
        bad({"name": "wrong", "rate": 5, "max-rate": 9}, "wrong: \"max-rate\" needs \"find-peak\"")
        bad({"name": "wrong", "rat": 5}, "wrong: unknown option \"rat\"; did you mean")
        bad({"name": "wrong", "data": "nowhere.jsonl"}, "wrong: ")
        bad({"name": "wrong", "report": "f.html"}, "wrong: \"report\" f.html is where fine writes")
        bad({"name": "wrong", "rate": 5, "concurrency": 2}, "wrong: ")
        bad({"name": "fine"}, "two scenarios have the name fine")
        refused(2, "run", "suite/good.json", "--only", "stedy", says="did you mean steady?")
        refused(2, "run", "nowhere.json", says="nowhere.json")


def over_tls_with_faults():
    """Many calls at once, answers of a second and more, over TLS, and a server that fails now and then."""
    faults = ["--fault", "503=0.01", "--fault", "rate-limit=0.01", "--fault", "reset:200=0.01"]
    with Sim("--ttft", "300ms", "--gap", "20ms", "--tokens", "40", *faults, plain=False) as sim:
        ran = start(*sim.target, "--cacert", sim.ca, "-c", "100", "--rise", "500ms", "--duration", "4s", "--warm-up", "1s",
                    "--drain", "4s", "--slo", "e2e<10s", "--report", "tls.html", "-o", "tls.json", "--save-calls",
                    "tls.jsonl", "--no-floor")
        out, err = ran.communicate(timeout=LIMIT)
        holds(ran.returncode in (0, 10), out, err)
        target = json.loads(read("tls.json"))["summary"]["targets"][0]
        holds(100 <= target["calls"] < 1000 and 0.8 < target["succeeded"] / target["calls"], target)
        calls = [json.loads(line) for line in read("tls.jsonl").splitlines()]
        counted = [c for c in calls if "warm_up" not in c]
        holds(len(counted) == target["calls"], len(counted), target)
        failed = [c for c in counted if c["outcome"] not in ("complete", "length")]
        holds(len(failed) == target["calls"] - target["succeeded"], len(failed), target)
        holds(all(c["error"] and c["message"] for c in failed), failed[:3])
        has(read("tls.html"), "Failures and missed objectives" if failed else "<html")


class Terminal:
    """What a command shows on a terminal of so many columns."""

    def __init__(self, columns, *args, **env):
        pid, master = pty.fork()
        if pid == 0:
            fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
            os.execve(weir, [weir, "bench", *args], {**ENV, "TERM": "xterm-256color", **env})
        self.text = b""
        while True:
            try:
                piece = os.read(master, 65536)
            except OSError:
                break
            if not piece:
                break
            self.text += piece
        os.close(master)
        self.code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        self.text = self.text.decode()

    def lines(self):
        return [re.sub("\x1b\\[[0-9;?]*[A-Za-z]", "", line) for line in re.split("[\r\n]+", self.text)]


def narrow_terminals():
    with Sim("--ttft", "5ms", "--tokens", "5") as sim:
        for env in ({}, {"NO_COLOR": "1"}):
            shown = Terminal(60, *sim.target, *SHORT, "--slo", "ttft<5s", **env)
            holds(shown.code in (0, 10), shown.text)
            has(shown.text, "measuring", "p99.9", "send_delay")
            wide = [line for line in shown.lines() if len(line) > 60]
            holds(not wide, *wide)
            holds("\x1b[3" not in shown.text, "there are colours")
        ran = healthy(*sim.target, *SHORT)
        holds("\x1b" not in ran.out + ran.err, ran.out, ran.err)
        has(ran.out, "  p50", "  max\n")


def it_is_documented():
    def said(*args):
        return subprocess.run([weir, *args], env=ENV, stdout=subprocess.PIPE, text=True, timeout=LIMIT).stdout

    has(said("--help"), "bench")
    has(said("bench", "--help"), "--find-peak", "--vllm-flags", "merge", "report", "run")
    for word in ("--find-peak", "--vllm-flags", "--fail-if"):
        has(said("complete", "--", "weir", "bench", word[:-2]), word)
    has(said("man", "bench"), "find\\-peak")


for case in (a_healthy_run, json_goes_to_stdout_alone, reports_are_made_again_and_checked, parts_are_merged,
             a_breaking_point_is_found, targets_take_turns, bad_input_is_one_line, a_target_that_refuses_all,
             places_are_checked_first, stopped_early, secrets_stay_out, flags_of_vllm, suites, over_tls_with_faults,
             narrow_terminals, it_is_documented):
    if len(sys.argv) > 2 and case.__name__ not in sys.argv[2:]:
        continue
    cases += 1
    begun = time.monotonic()
    try:
        case()
        print("%s: %.1f s" % (case.__name__, time.monotonic() - begun), flush=True)
    except (Failed, OSError, KeyError, ValueError, subprocess.TimeoutExpired) as e:
        failures += 1
        print("FAILED: %s: %s" % (case.__name__, e), flush=True)
print("%d cases, %d failures" % (cases, failures))
subprocess.run(["rm", "-rf", folder])
sys.exit(failures != 0)
