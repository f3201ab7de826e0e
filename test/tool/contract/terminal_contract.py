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


def answered(terminal, prompt):
    terminal.expect(f'You said: "{prompt}"')
    terminal.expect(r"complete \(stop\)")


def two_turns(home):
    t = Terminal(home, [weir, "chat", *plain])
    t.expect("/help")
    t.expect("> ")
    t.type("hello\r")
    answered(t, "hello")
    t.expect("> ")
    t.type("and again\r")
    answered(t, "and again")
    t.expect("> ")
    t.type("/quit\r")
    check(t.rest() == 0, "the exit code is not 0")
    roles = [m["role"] for m in conversation(home.state("conversation.json"))]
    check(roles == ["user", "assistant"] * 2, f"the conversation is {roles}")
    check(mode(home.state("conversation.json")) == 0o600, "others can read the conversation")
    if edits:
        with open(home.state("history"), encoding="utf-8") as file:
            check(file.read() == "hello\nand again\n/quit\n", "the history is not what was typed")
        check(mode(home.state("history")) == 0o600, "others can read the history")
    t = Terminal(home, [weir, "chat", *plain, "--continue"])
    t.expect("4 messages so far")
    t.expect("> ")
    t.type("more\r")
    answered(t, "more")
    t.expect("> ")
    t.type("\x04")
    check(t.rest() == 0, "Ctrl-D does not end it with 0")
    check(len(conversation(home.state("conversation.json"))) == 6, "the conversation was not continued")


def edited(home):
    if not edits:
        return
    t = Terminal(home, [weir, "chat", *plain])
    t.expect("> ")
    t.type("hallo\x1b[D\x1b[D\x1b[D\x1b[D\x04e\r")  # back to the a, which Ctrl-D removes
    answered(t, "hello")
    t.expect("> ")
    t.type("caf\u00e9\x7f\x7f\u65e5\r")  # characters of several bytes, and backspaces
    answered(t, "ca\u65e5")
    t.type("\x1b[A\x1b[A\r")  # two entries back
    answered(t, "hello")
    t.expect("> ")
    t.type("\x1b[200~pasted\rlines\r\x1b[201~")
    t.expect("lines")
    t.type("!\r")
    answered(t, "pasted lines !")
    t.expect("> ")
    t.type("\x04")
    check(t.rest() == 0, "the exit code is not 0")
    t = Terminal(home, [weir, "chat", *plain], LC_ALL="C")
    t.expect("> ")
    t.type("\x1b[A\x1b[A\r")
    answered(t, "hello")
    t.expect("> ")
    t.type("/quit\r")
    check(t.rest() == 0, "the exit code is not 0")


def is_raw(t):
    return not termios.tcgetattr(t.master)[3] & termios.ICANON


def stopped(home):
    t = Terminal(home, [weir, "chat", *plain])
    t.expect("> ")
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
    t.type("lo\r")
    answered(t, "hello" if edits else ".*lo")
    t.expect("> ")
    t.type("/quit\r")
    check(t.rest() == 0, "the exit code is not 0")


def interrupted_answer(home):
    t = Terminal(home, [weir, "chat", *paced, "--save", "talk.json"])
    t.expect("> ")
    t.type("first\r")
    t.expect('You said: "first"')
    t.type("\x03")
    t.expect("interrupted")
    t.expect("> ")
    t.type("second\r")
    t.expect('You said: "second"')
    t.type("\x03")
    t.expect("interrupted")
    t.expect("> ")
    t.type("half a line\x03")
    t.expect("> ")
    t.type("\x04")
    check(t.rest() == 0, "it did not go on after Ctrl-C")
    messages = conversation(home.file("talk.json"))
    check([m["role"] for m in messages] == ["user", "assistant"] * 2, "a turn is missing")
    check(messages[1]["content"].startswith('You said: "first"'), "what arrived is not in the conversation")
    check(mode(home.file("talk.json")) == 0o600, "others can read it")


def interrupted_wait(home):
    t = Terminal(home, [weir, "chat", *slow, "--save", "talk.json"])
    t.expect("> ")
    t.type("first\r")
    t.expect("waiting for the first token")
    t.type("\x03")
    t.expect("weir: interrupted")
    t.expect("> ")
    check(not os.path.exists(home.file("talk.json")), "a prompt without an answer was saved")
    t.type("second\r")
    answered(t, "second")
    t.expect("> ")
    t.type("/quit\r")
    check(t.rest() == 0, "the exit code is not 0")
    messages = conversation(home.file("talk.json"))
    check([m["content"][:6] for m in messages] == ["second", "You sa"], "the interrupted turn is in the conversation")


def commands(home):
    t = Terminal(home, [weir, "chat", *plain])
    t.expect("> ")
    t.type("/help\r")
    t.expect("/clear")
    t.expect("> ")
    t.type("/nonsense\r")
    t.expect("there is no command /nonsense")
    t.expect("> ")
    t.type("one \\\r")
    t.expect(r"\. ")
    t.type("two\r")
    answered(t, "one two")
    t.expect("> ")
    t.type('"""\r')
    t.expect(r"\. ")
    t.type("three\r")
    t.expect(r"\. ")
    t.type('four"""\r')
    answered(t, "three four")
    t.expect("> ")
    t.type("/model c/d\r")
    t.expect("model: c/d")
    t.expect("> ")
    t.type("/save saved.json\r")
    t.expect("saved in saved.json")
    t.expect("> ")
    t.type("/clear\r")
    t.expect("saved.json keeps the old one")
    t.expect("> ")
    t.type("five\r")
    answered(t, "five")
    t.expect("> ")
    t.type("\x04")
    check(t.rest() == 0, "the exit code is not 0")
    with open(home.file("saved.json"), encoding="utf-8") as file:
        saved = json.load(file)
    check(saved["model"] == "c/d", "the model is not the one of /model")
    check([m["content"] for m in saved["messages"]][::2] == ["one \ntwo", "three\nfour"], "the prompts are not as typed")
    check(len(conversation(home.state("conversation.json"))) == 2, "the new conversation is not kept")


def failed_turn(home):
    t = Terminal(home, [weir, "chat", *sim("--fault", "500*1"), "--retries", "0"])
    t.expect("> ")
    t.type("hello\r")
    t.expect("weir: .*status 500")
    t.expect("> ")
    check(not os.path.exists(home.state("conversation.json")), "a prompt without an answer was saved")
    t.type("again\r")
    answered(t, "again")
    t.expect("> ")
    t.type("/quit\r")
    check(t.rest() == 0, "a turn that failed ends the conversation")
    check(len(conversation(home.state("conversation.json"))) == 2, "the turn that failed is in the conversation")


def status_line(home):
    t = Terminal(home, [weir, "chat", *slow, "hello"])
    t.expect("waiting for the first token … 1 s")
    answered(t, "hello")
    check(t.rest() == 0, "the exit code is not 0")
    shown = screen(t.text)
    check(not any("waiting" in line or "connecting" in line for line in shown), f"the status line is left: {shown}")
    check(shown[0].startswith('You said: "hello"'), f"the answer does not begin the first line: {shown[:2]}")
    t = Terminal(home, [weir, "chat", *once_limited, "hello"])
    t.expect(r"retry in [23] s: 429")
    t.expect(r"retry in 1 s: 429")
    answered(t, "hello")
    check(t.rest() == 0, "the exit code is not 0")
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
    check(t.rest() == 0, "the exit code is not 0")
    shown = screen(t.text)
    check(shown[0] == "v.mp4" and shown[1].startswith("complete"), f"the screen shows {shown}")


def narrow(home):
    for columns in (20, 5, 1):
        t = Terminal(home, [weir, "chat", *slow, "hello"], columns=columns)
        t.expect("waiting for the " if columns == 20 else "\x1b\\[K")
        check(t.rest() == 0, "the exit code is not 0")
        before = t.text[: t.text.index("You said")]
        widest = max(len(line) for line in re.split(r"\r|\x1b\[K", before))
        check(widest < columns, f"a status line takes {widest} of {columns} columns")
        check(len(screen(before, columns)) == 1, f"the status line takes several rows: {screen(before, columns)}")


def reasoning(home):
    argv = [weir, "chat", *plain, "--model", "reasoner", "--verbose", "hello"]
    argv = [word for i, word in enumerate(argv) if not (word == "a/b" or word == "--model" and argv[i + 1] == "a/b")]
    t = Terminal(home, argv)
    check(t.rest() == 0, "the exit code is not 0")
    check("\x1b[2m" in t.text, "the reasoning is not dim")
    check(t.text.rindex("\x1b[0m") < t.text.index("You said"), "the answer is dim")
    for plainly in ({"NO_COLOR": "1"}, {"TERM": "dumb"}):
        t = Terminal(home, argv, **plainly)
        check(t.rest() == 0, "the exit code is not 0")
        check("\x1b[2m" not in t.text, f"letters are dim in spite of {plainly}")
        check("reasoning:\r\n" in t.text, "the reasoning has no heading")
    check("\x1b" not in t.text, "a dumb terminal gets control sequences")
    t = Terminal(home, [weir, "chat", *plain], TERM="dumb")
    t.expect("> ")
    t.type("hello\r")
    answered(t, "hello")
    t.expect("> ")
    t.type("/quit\r")
    check(t.rest() == 0, "the exit code is not 0")
    check("\x1b" not in t.text, "a conversation on a dumb terminal has control sequences")


def piped_prompt(home):
    script = 'printf "diff --git a b\\n+x\\n" | "$@"'
    t = Terminal(home, ["sh", "-c", script, "sh", weir, "chat", *plain, "Review this"])
    answered(t, re.escape("Review this diff --git a b +x"))
    check(t.rest() == 0, "the exit code is not 0")
    late = 'sh -c "sleep 4; echo late" | "$@"'
    t = Terminal(home, ["sh", "-c", late, "sh", weir, "chat", *plain, "Review this"])
    t.expect("waiting for standard input")
    answered(t, "Review this late")
    check(t.rest() == 0, "the exit code is not 0")


def hung_up(home):
    t = Terminal(home, [weir, "chat", *paced, "--save", "talk.json"])
    t.expect("> ")
    t.type("first\r")
    t.expect("You said")
    t.type("\x03")
    t.expect("> ")
    t.type("second\r")
    t.expect('You said: "second"')
    t.hang_up()
    code = t.wait(6)
    check(code == 129, f"the exit code is {code}, not 129")
    messages = conversation(home.file("talk.json"))
    check(len(messages) == 4, "what arrived before the terminal went away is not saved")
    t = Terminal(home, [weir, "chat", *plain])
    t.expect("> ")
    t.hang_up()
    code = t.wait(6)
    check(code == 129, f"the exit code at the prompt is {code}, not 129")
    t = Terminal(home, [weir, "chat", *slow, "hello"])
    t.expect("waiting")
    t.hang_up()
    code = t.wait(6)
    check(code == 129, f"the exit code with a status line is {code}, not 129")
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
    ("a turn that fails does not end the conversation", failed_turn),
    ("the status line is gone before the answer, and only on a terminal", status_line),
    ("a job's progress is a line that goes", job_progress),
    ("narrow terminals", narrow),
    ("reasoning is told apart, in colour only where there is any", reasoning),
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
