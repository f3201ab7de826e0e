#!/usr/bin/env python3
"""terminal_contract.py WEIR: the command on a terminal: conversations, signals, the status line, colours, widths.

Every case has a terminal of its own and talks to a simulated provider. Python's standard library is enough."""

import fcntl
import json
import os
import pty
import re
import select
import signal
import stat
import struct
import subprocess
import sys
import tempfile
import termios
import time

weir = os.path.realpath(sys.argv[1])
with open(weir, "rb") as program:
    edits = b"el_gets" in program.read()  # built with libedit
LIMIT = 15  # seconds that nothing here takes


class Failed(Exception):
    pass


class Home:
    """An empty home directory: the machine's own configuration must not reach the command."""

    def __init__(self):
        self.path = tempfile.mkdtemp(prefix="weir-terminal-")

    def file(self, name):
        return os.path.join(self.path, name)

    def state(self, name):
        return self.file(".local/state/weir/" + name)

    def environment(self, **more):
        names = ("PATH", "TMPDIR", "LD_LIBRARY_PATH", "ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS")
        kept = {k: v for k, v in os.environ.items() if k in names}
        return {**kept, "HOME": self.path, "TERM": "xterm", "LC_ALL": "C.UTF-8", **more}


class Terminal:
    """A command whose stdin, stdout and stderr are a new terminal."""

    def __init__(self, home, argv, columns=80, **more):
        self.bytes = b""
        self.seen = 0  # what expect() has passed
        pid, self.master = pty.fork()
        if pid == 0:
            try:
                signal.signal(signal.SIGINT, signal.SIG_DFL)
                signal.signal(signal.SIGHUP, signal.SIG_DFL)
                fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
                os.chdir(home.path)
                os.execvpe(argv[0], argv, home.environment(**more))
            finally:
                os._exit(99)
        self.pid = pid

    def read(self, seconds):
        ready, _, _ = select.select([self.master], [], [], seconds)
        if not ready:
            return False
        try:
            piece = os.read(self.master, 65536)
        except OSError:  # the command has closed it
            piece = b""
        self.bytes += piece
        return bool(piece)

    @property
    def text(self):
        return self.bytes.decode("utf-8", "replace")

    def expect(self, pattern, limit=LIMIT):
        end = time.monotonic() + limit
        while True:
            found = re.search(pattern, self.text[self.seen :])
            if found:
                self.seen += found.end()
                return found
            left = end - time.monotonic()
            if left <= 0 or not (self.read(left) or re.search(pattern, self.text[self.seen :])):
                raise Failed(f"{pattern!r} did not come; the terminal has {self.text[-600:]!r}")

    def type(self, keys):
        os.write(self.master, keys.encode())

    def rest(self, limit=LIMIT):
        """Reads to the end, and gives the exit code."""
        end = time.monotonic() + limit
        while time.monotonic() < end and self.read(0.2):
            pass
        return self.wait(max(0.1, end - time.monotonic()))

    def wait(self, limit=LIMIT):
        end = time.monotonic() + limit
        while time.monotonic() < end:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                return os.waitstatus_to_exitcode(status)
            if self.master is not None:
                self.read(0.02)
            else:
                time.sleep(0.02)
        os.kill(self.pid, signal.SIGKILL)
        os.waitpid(self.pid, 0)
        raise Failed(f"it still runs after {limit:.0f} s; the terminal has {self.text[-600:]!r}")

    def answered(self, prompt):
        self.expect(f'You said: "{prompt}"')
        self.expect(r"complete \(stop\)")

    def succeeds(self):
        code = self.rest()
        check(code == 0, f"the exit code is {code}, not 0")

    def hang_up(self):
        os.close(self.master)
        self.master = None


def screen(text, columns=80):
    """The lines that a terminal of this width shows."""
    lines, column = [[]], 0
    for token in re.findall(r"\x1b\[[0-9;?]*[A-Za-z]|[\s\S]", text):
        line = lines[-1]
        if token == "\r":
            column = 0
        elif token == "\n":
            lines.append([])
        elif token == "\b":
            column = max(0, column - 1)
        elif token == "\x1b[K":
            del line[column:]
        elif not token.startswith("\x1b") and token >= " ":
            if column == columns:
                lines.append([])
                line, column = lines[-1], 0
            line.extend(" " * (column - len(line)))
            line[column : column + 1] = [token]
            column += 1
    return ["".join(line).rstrip() for line in lines]


sims = []


def sim(*options):
    process = subprocess.Popen(
        [weir, "sim", "--plain", "--port", "0", *options], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    sims.append(process)
    for line in process.stdout:
        if line.startswith("listening on "):
            return ["--base-url", line.split()[-1], "--model", "a/b"]
    raise SystemExit("the simulated provider did not start")


def check(condition, what):
    if not condition:
        raise Failed(what)


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def conversation(path):
    with open(path, encoding="utf-8") as file:
        saved = json.load(file)
    check(saved["version"] == 1, "the file has no version")
    return saved["messages"]


class Talk(Terminal):
    """A conversation, which is at its prompt between two steps."""

    def __init__(self, home, *options, **more):
        super().__init__(home, [weir, "chat", *options], **more)
        self.expect("> ")

    def enter(self, line, reply):
        """Types a line that the command answers itself."""
        self.type(line + "\r")
        self.expect(reply)
        self.expect("> ")

    def say(self, keys, prompt=None):
        """Types a prompt; `prompt` is what arrives, if that is not what was typed."""
        self.type(keys + "\r")
        self.answered(keys if prompt is None else prompt)
        self.expect("> ")

    def interrupt(self, keys, until):
        """Types a prompt, and Ctrl-C once it has got as far as that."""
        self.type(keys + "\r")
        self.expect(until)
        self.type("\x03")
        self.expect("interrupted")
        self.expect("> ")

    def leave(self, keys="/quit\r"):
        self.type(keys)
        self.succeeds()


def two_turns(home):
    t = Talk(home, *plain)
    check("/help" in t.text, "the greeting does not name /help")
    t.say("hello")
    t.say("and again")
    t.leave()
    roles = [m["role"] for m in conversation(home.state("conversation.json"))]
    check(roles == ["user", "assistant"] * 2, f"the conversation is {roles}")
    check(mode(home.state("conversation.json")) == 0o600, "others can read the conversation")
    if edits:
        with open(home.state("history"), encoding="utf-8") as file:
            check(file.read() == "hello\nand again\n/quit\n", "the history is not what was typed")
        check(mode(home.state("history")) == 0o600, "others can read the history")
    t = Talk(home, *plain, "--continue")
    check("4 messages so far" in t.text, "the greeting does not say how long it is")
    t.say("more")
    t.leave("\x04")
    check(len(conversation(home.state("conversation.json"))) == 6, "the conversation was not continued")


def edited(home):
    if not edits:
        return
    t = Talk(home, *plain)
    t.say("hallo\x1b[D\x1b[D\x1b[D\x1b[D\x04e", "hello")  # back to the a, which Ctrl-D removes
    t.say("caf\u00e9\x7f\x7f\u65e5", "ca\u65e5")  # characters of several bytes, and backspaces
    t.say("\x1b[A\x1b[A", "hello")  # two entries back
    t.type("\x1b[200~pasted\rlines\r\x1b[201~")
    t.expect("lines")
    t.say("!", "pasted lines !")
    t.leave("\x04")
    t = Talk(home, *plain, LC_ALL="C")
    t.say("\x1b[A\x1b[A", "hello")
    t.leave()


def is_raw(t):
    return not termios.tcgetattr(t.master)[3] & termios.ICANON


def stopped(home):
    t = Talk(home, *plain)
    cooked = termios.tcgetattr(t.master)
    cooked[3] |= termios.ICANON | termios.ECHO
    t.type("hel")
    t.expect("hel")
    os.kill(t.pid, signal.SIGSTOP)
    os.waitpid(t.pid, os.WUNTRACED)
    termios.tcsetattr(t.master, termios.TCSANOW, cooked)  # as a shell does
    os.kill(t.pid, signal.SIGCONT)
    if edits:
        t.expect("> hel")
        check(is_raw(t), "the terminal is not the editor's again")
        fcntl.ioctl(t.master, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 20, 0, 0))
        t.expect("> hel")
    t.say("lo", "hello" if edits else ".*lo")
    t.leave()


def interrupted_answer(home):
    t = Talk(home, *paced, "--save", "talk.json")
    t.interrupt("first", 'You said: "first"')
    t.interrupt("second", 'You said: "second"')
    t.type("half a line\x03")
    t.expect("> ")
    t.leave("\x04")
    messages = conversation(home.file("talk.json"))
    check([m["role"] for m in messages] == ["user", "assistant"] * 2, "a turn is missing")
    check(messages[1]["content"].startswith('You said: "first"'), "what arrived is not in the conversation")
    check(mode(home.file("talk.json")) == 0o600, "others can read it")


def interrupted_wait(home):
    t = Talk(home, *slow, "--save", "talk.json")
    t.interrupt("first", "waiting for the first token")
    check(not os.path.exists(home.file("talk.json")), "a prompt without an answer was saved")
    t.say("second")
    t.leave()
    messages = conversation(home.file("talk.json"))
    check([m["content"][:6] for m in messages] == ["second", "You sa"], "the interrupted turn is in the conversation")


def commands(home):
    t = Talk(home, *plain)
    t.enter("/help", "/clear")
    t.enter("/nonsense", "there is no command /nonsense")
    t.type("one \\\r")
    t.expect(r"\. ")
    t.say("two", "one two")
    for line in ('"""', "three"):
        t.type(line + "\r")
        t.expect(r"\. ")
    t.say('four"""', "three four")
    t.enter("/model c/d", "model: c/d")
    t.enter("/save saved.json", "saved in saved.json")
    t.enter("/clear", "saved.json keeps the old one")
    t.say("five")
    t.leave("\x04")
    with open(home.file("saved.json"), encoding="utf-8") as file:
        saved = json.load(file)
    check(saved["model"] == "c/d", "the model is not the one of /model")
    check([m["content"] for m in saved["messages"]][::2] == ["one \ntwo", "three\nfour"], "the prompts are not as typed")
    check(len(conversation(home.state("conversation.json"))) == 2, "the new conversation is not kept")


def tool(name):
    return {"type": "function", "function": {"name": name, "parameters": {"type": "object", "properties": {}}}}


def tool_results(home):
    with open(home.file("level"), "w", encoding="utf-8") as file:
        file.write("3 m\n")
    t = Talk(home, *plain, "--param", "tools=" + json.dumps([tool("gauge"), tool("weather")]))
    t.type("gauge\r")
    call = t.expect(r"to give a result: /result (call_\w+) TEXT, or @FILE")[1]
    t.expect("> ")
    t.enter("and now?", rf"waiting for the result of {call} \(gauge\): /result {call} TEXT")
    t.enter("/result", "/result ID TEXT")
    t.enter("/result nobody 3 m", rf"weir: /result nobody: the conversation is waiting for {call} \(gauge\)")
    t.enter(f"/result {call} @nowhere", "weir: cannot read nowhere")
    t.type(f"/result {call} @~/level\r")
    t.expect(r"complete \(stop\)")
    t.expect("> ")
    t.enter(f"/result {call} 4 m", "is not waiting for a tool's result")
    t.type("weather\r")
    call = t.expect(r"to give a result: /result (call_\w+) TEXT, or @FILE")[1]
    t.expect("> ")
    t.type(f"/result {call} -\r")
    t.expect(r"complete \(stop\)")
    t.expect("> ")
    t.type("weather\r")
    call = t.expect(r"to give a result: /result (call_\w+) TEXT, or @FILE")[1]
    t.expect("> ")
    t.type(f"/result {call} wet \\\r")
    t.expect(r"\. ")
    t.type("and cold\r")
    t.expect(r"complete \(stop\)")
    t.expect("> ")
    t.leave()
    messages = conversation(home.state("conversation.json"))
    results = [m["content"] for m in messages if m["role"] == "tool"]
    check(results == ["3 m\n", "-", "wet \nand cold"], f"the results are {results}")
    check("and now?" not in [m["content"] for m in messages], "a prompt came between a call and its result")


def failed_result(home):
    call = {"id": "call_1", "type": "function", "function": {"name": "gauge", "arguments": "{}"}}
    with open(home.file("calls.json"), "w", encoding="utf-8") as file:
        said = [{"role": "user", "content": "gauge"}, {"role": "assistant", "content": None, "tool_calls": [call]}]
        json.dump({"type": "weir conversation", "version": 1, "messages": said}, file)
    t = Talk(home, *sim("--fault", "500*1"), "--continue=calls.json", "--retries", "0")
    check("waiting for the result of call_1 (gauge): /result call_1 TEXT" in t.text, "the greeting names no call")
    t.enter("/result call_1 3 m", "weir: .*status 500")
    t.type("/result call_1 4 m\r")
    t.expect(r"complete \(stop\)")
    t.expect("> ")
    t.leave()
    results = [m["content"] for m in conversation(home.file("calls.json")) if m["role"] == "tool"]
    check(results == ["4 m"], f"the results are {results}")


def first_files(home):
    with open(home.file("notes.md"), "w", encoding="utf-8") as file:
        file.write("the notes\n")
    with open(home.file("p.png"), "wb") as file:
        file.write(b"\x89PNG\r\n\x1a\n\0picture")
    t = Talk(home, *sim("--fault", "500*1"), "--retries", "0", "-f", "notes.md", "--image", "p.png")
    check("with the first prompt: notes.md, p.png" in t.text, "the greeting does not name the files")
    t.enter("look", "weir: .*status 500")
    t.say("look here", "look here notes.md: ``` the notes ```")
    t.say("and now")
    t.leave()
    messages = conversation(home.state("conversation.json"))
    first, second = (m["content"] for m in messages if m["role"] == "user")
    check(first[0]["text"].startswith("look here\n\nnotes.md:\n```"), "the text does not go with the first prompt")
    check(first[1]["type"] == "image_url", "the image does not go with the first prompt")
    check(second == "and now", "the files go with the second prompt too")
    t = Terminal(home, [weir, "chat", *plain, "-f", "nowhere"])
    t.expect("weir: cannot read nowhere")
    check(t.rest() == 2, "the exit code is not 2")


def no_key(home):
    with open(home.file("team.json"), "w", encoding="utf-8") as file:
        json.dump({"keys": {"groq": "TEAM_KEY"}}, file)
    for options, why in (
        ([], "HF_TOKEN"),
        (["-p", "groq"], "GROQ_API_KEY"),
        (["-p", "groq", "--config", "team.json"], "team.json: keys.groq: TEAM_KEY is not set"),
        (["-p", "nobody"], 'no provider "nobody"'),
        (["-p", "groq", "--fallback", "openai/m"], "GROQ_API_KEY"),
    ):
        t = Terminal(home, [weir, "chat", "-m", "a/b", *options])
        t.expect("weir: .*" + why)
        code = t.rest()
        check(code == 3, f"the exit code is {code}, not 3")
        check("> " not in t.text, "there is a prompt")
    for options in (["-p", "ollama", "-m", "m"], ["-p", "groq", "-m", "m", "--fallback", "ollama/m"]):
        Talk(home, *options).leave()
    Talk(home, "-p", "groq", GROQ_API_KEY="gsk_12345678").leave()  # /model may name a model


def failed_turn(home):
    t = Talk(home, *sim("--fault", "500*1"), "--retries", "0")
    t.enter("hello", "weir: .*status 500")
    check(not os.path.exists(home.state("conversation.json")), "a prompt without an answer was saved")
    t.say("again")
    t.leave()
    check(len(conversation(home.state("conversation.json"))) == 2, "the turn that failed is in the conversation")


def status_line(home):
    t = Terminal(home, [weir, "chat", *slow, "hello"])
    t.expect("waiting for the first token … 1 s")
    t.answered("hello")
    t.succeeds()
    shown = screen(t.text)
    check(not any("waiting" in line or "connecting" in line for line in shown), f"the status line is left: {shown}")
    check(shown[0].startswith('You said: "hello"'), f"the answer does not begin the first line: {shown[:2]}")
    t = Terminal(home, [weir, "chat", *once_limited, "hello"])
    t.expect(r"retry in [23] s: 429")
    t.expect(r"retry in 1 s: 429")
    t.answered("hello")
    t.succeeds()
    quiet = Terminal(home, [weir, "chat", *slow, "-q", "hello"])
    quiet.rest()
    check("waiting" not in quiet.text, "--quiet shows the status line")
    script = '"$@" 2>words; cat words'
    other = Terminal(home, ["sh", "-c", script, "sh", weir, "chat", *slow, "hello"])
    other.rest()
    check("waiting" not in other.text and "\x1b" not in other.text, "the status line goes to a file")


def job_progress(home):
    argv = ["-p", "fal-ai", "--base-url", plain[1] + "/fal-ai", "-m", "a/b", "--input", "water", "-o", "v.mp4"]
    t = Terminal(home, [weir, "run", "text-to-video", *argv])
    t.expect("running")
    t.succeeds()
    shown = screen(t.text)
    check(shown[0] == "v.mp4" and shown[1].startswith("complete"), f"the screen shows {shown}")


def narrow(home):
    for columns in (20, 5, 1):
        t = Terminal(home, [weir, "chat", *slow, "hello"], columns=columns)
        t.expect("waiting for the " if columns == 20 else "\x1b\\[K")
        t.succeeds()
        before = t.text[: t.text.index("You said")]
        widest = max(len(line) for line in re.split(r"\r|\x1b\[K", before))
        check(widest < columns, f"a status line takes {widest} of {columns} columns")
        check(len(screen(before, columns)) == 1, f"the status line takes several rows: {screen(before, columns)}")


def reasoning(home):
    argv = [weir, "chat", *plain[:2], "--model", "reasoner", "--verbose", "hello"]
    t = Terminal(home, argv)
    t.succeeds()
    check("\x1b[2m" in t.text, "the reasoning is not dim")
    check(t.text.rindex("\x1b[0m") < t.text.index("You said"), "the answer is dim")
    for plainly in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        t = Terminal(home, argv, **plainly)
        t.succeeds()
        check("\x1b[2m" not in t.text, f"letters are dim in spite of {plainly}")
        check("reasoning:\r\n" in t.text, "the reasoning has no heading")
    check("\x1b" not in t.text, "a dumb terminal gets control sequences")
    t = Talk(home, *plain, TERM="dumb")
    t.say("hello")
    t.leave()
    check("\x1b" not in t.text, "a conversation on a dumb terminal has control sequences")


def alert(home):
    with open(home.file("alerts.json"), "w", encoding="utf-8") as file:
        json.dump({"alerts": {"stderr": True}}, file)
    for options in ([], ["--no-stream"]):
        argv = [weir, "chat", "--config", "alerts.json", *plain, *options, "hello"]
        t = Terminal(home, argv, columns=200)
        t.succeeds()
        shown = screen(t.text, 200)
        told = [i for i, line in enumerate(shown) if line.startswith("weir: 1 call without a price")]
        check(len(told) == 1, f"the alert has no line of its own: {shown}")
        check("" not in shown[:-1], f"there are empty lines: {shown}")
        check(shown[-1].startswith("complete") or shown[-2].startswith("complete"), f"the summary is missing: {shown}")


def piped_prompt(home):
    script = 'printf "diff --git a b\\n+x\\n" | "$@"'
    t = Terminal(home, ["sh", "-c", script, "sh", weir, "chat", *plain, "Review this"])
    t.answered(re.escape("Review this diff --git a b +x"))
    t.succeeds()
    late = 'sh -c "sleep 4; echo late" | "$@"'
    t = Terminal(home, ["sh", "-c", late, "sh", weir, "chat", *plain, "Review this"])
    t.expect("waiting for standard input")
    t.answered("Review this late")
    t.succeeds()


def hung_up(home):
    def goes_away(t, where):
        t.hang_up()
        code = t.wait(6)
        check(code == 129, f"the exit code {where} is {code}, not 129")

    t = Talk(home, *paced, "--save", "talk.json")
    t.interrupt("first", "You said")
    t.type("second\r")
    t.expect('You said: "second"')
    goes_away(t, "in an answer")
    messages = conversation(home.file("talk.json"))
    check(len(messages) == 4, "what arrived before the terminal went away is not saved")
    goes_away(Talk(home, *plain), "at the prompt")
    t = Terminal(home, [weir, "chat", *slow, "hello"])
    t.expect("waiting")
    goes_away(t, "with a status line")
    check([n for n in os.listdir(home.path) if "part" in n] == [], "a partial file is left")


def terminated(home):
    script = """stty -g >before; sh -c 'echo $$ >pid; exec "$@"' sh "$@"; echo code $?; stty -g >after"""
    t = Terminal(home, ["sh", "-c", script, "sh", weir, "chat", *plain])
    t.expect("> ")
    with open(home.file("pid"), encoding="utf-8") as file:
        os.kill(int(file.read()), signal.SIGTERM)
    t.expect("weir: terminated")
    t.expect("code 143")
    t.rest()
    with open(home.file("before"), encoding="utf-8") as before, open(home.file("after"), encoding="utf-8") as after:
        check(before.read() == after.read(), "the terminal's modes are not as before")


cases = [
    ("a conversation of two turns, kept and continued", two_turns),
    ("what is typed can be edited, and comes back in the next conversation", edited),
    ("Ctrl-Z, and another size of the terminal, leave a line as it was", stopped),
    ("Ctrl-C ends an answer and not the conversation, which keeps what arrived", interrupted_answer),
    ("Ctrl-C before an answer begins takes the prompt back", interrupted_wait),
    ("lines, blocks and commands", commands),
    ("a tool's result is given with /result", tool_results),
    ("a result that got no answer can be given again", failed_result),
    ("files without a prompt go with the first one", first_files),
    ("a conversation without a key ends before the first prompt", no_key),
    ("a turn that fails does not end the conversation", failed_turn),
    ("the status line is gone before the answer, and only on a terminal", status_line),
    ("a job's progress is a line that goes", job_progress),
    ("narrow terminals", narrow),
    ("reasoning is told apart, in colour only where there is any", reasoning),
    ("an alert begins a line, after an answer and in place of the status line", alert),
    ("what is piped in follows the prompt, however late it comes", piped_prompt),
    ("a terminal that goes away ends the command and loses nothing", hung_up),
    ("SIGTERM at the prompt ends the command, and the terminal is as before", terminated),
]

try:
    plain = sim()
    paced = sim("--gap", "30ms", "--tokens", "500")
    slow = sim("--ttft", "2500ms")
    once_limited = sim("--fault", "rate-limit:3*1")
    begun = time.monotonic()
    failures = 0
    chosen = sys.argv[2:]
    for title, case in cases:
        if chosen and case.__name__ not in chosen:
            continue
        try:
            case(Home())
        except (Failed, OSError, ValueError, LookupError) as why:
            failures += 1
            print(f"FAILED: {title}: {why!r}")
    print(f"{len(cases)} cases, {failures} failures, {time.monotonic() - begun:.0f} s")
finally:
    for process in sims:
        process.terminate()
        process.wait()
sys.exit(1 if failures else 0)
