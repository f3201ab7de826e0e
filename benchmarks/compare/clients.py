"""The clients of benchmarks/compare: how each is built, and what runs it. What cannot be had here is named, with why."""
import os
import shutil
import subprocess
from pathlib import Path

HERE = Path(__file__).resolve().parent
ALL_LOADS = {"saturated", "paced", "idle", "short", "body", "connect", "resume"}


class Skipped(Exception):
    """Why a client cannot take part."""


class Client:
    def __init__(self, name, command, protocol="h1", loads=ALL_LOADS, variants=None, slow=False):
        self.name, self.command, self.protocol = name, [str(c) for c in command], protocol
        # What is slow is given the small loads of --quick: its costs are the same, and a round ends.
        self.loads, self.variants, self.slow = loads, variants, slow

    def takes(self, load, variant):
        return (load.name in self.loads and (self.variants is None or variant in self.variants)
                and not (load.h1 and self.protocol == "h2"))


class Builder:
    """Builds below `folder`; C++ in `cmake`, the folder of a release build."""

    def __init__(self, cmake, folder):
        self.cmake, self.folder = Path(cmake).resolve(), Path(folder).resolve()
        self.folder.mkdir(parents=True, exist_ok=True)
        self.done = {}

    def tool(self, name):
        if not shutil.which(name):
            raise Skipped(f"there is no {name}")
        return name

    def run(self, name, command, cwd=None, **environment):
        """Runs a build step once, at low priority; its output goes to a log."""
        if name in self.done:
            if self.done[name]:
                raise Skipped(self.done[name])
            return
        log = self.folder / f"{name}.log"
        with open(log, "w") as out:
            code = subprocess.run(["nice", "-n", "5", *map(str, command)], cwd=cwd, stdout=out,
                                  stderr=subprocess.STDOUT, env={**os.environ, **environment}).returncode
        self.done[name] = f"its build failed: see {log}" if code else ""
        if code:
            raise Skipped(self.done[name])

    def target(self, name, where="benchmarks/compare"):
        targets = subprocess.run(["cmake", "--build", self.cmake, "--target", "help"], capture_output=True, text=True)
        if f"{name}:" not in targets.stdout:
            raise Skipped("CMake did not find the library that it needs")
        self.run(name, ["cmake", "--build", self.cmake, "--target", name])
        return self.cmake / where / name

    def go(self, name, source):
        out = self.folder / name
        self.run(name, [self.tool("go"), "build", "-o", out, "."], HERE / source)
        return out

    def rust(self, binary):
        target = self.folder / "rust"
        self.run("rust", [self.tool("cargo"), "build", "--release"], HERE / "rust", CARGO_TARGET_DIR=str(target))
        return target / "release" / binary

    def node(self, script):
        modules = self.folder / "node"
        modules.mkdir(exist_ok=True)
        # Modules are looked for beside the script that imports them.
        for file in (HERE / "node").iterdir():
            shutil.copy(file, modules)
        self.run("node", [self.tool("npm"), "install", "--prefix", modules, "--no-audit", "--no-fund",
                          "--no-package-lock", "--loglevel=error", "--cache", self.folder / "npm-cache"])
        return [self.tool("node"), modules / script]

    def python(self, script):
        environment = self.folder / "python"
        if not (environment / "bin/pip").exists():
            self.run("venv", ["python3", "-m", "venv", environment])
        self.run("python", [environment / "bin/pip", "install", "--quiet", "--cache-dir", self.folder / "pip-cache",
                            "-r", HERE / "python/requirements.txt"])
        return [environment / "bin/python", "-B", HERE / "python" / script]


# Of what cannot keep up with paced ones.
UNPACED = {"saturated", "short", "body"}

# Name → how to make it, in the order of the tables.
MAKERS = {
    "floor": lambda b: Client("floor", [b.target("floor", "benchmarks")]),
    "weir": lambda b: Client("weir", [b.target("compare_weir")]),
    "weir-h2": lambda b: Client("weir-h2", [b.target("compare_weir")], "h2"),
    "asio": lambda b: Client("asio", [b.target("compare_asio")]),
    "curl": lambda b: Client("curl", [b.target("compare_curl")]),
    "reqwest": lambda b: Client("reqwest", [b.rust("reqwest")]),
    "reqwest-h2": lambda b: Client("reqwest-h2", [b.rust("reqwest")], "h2"),
    # Its types have no reasoning_content.
    "async-openai": lambda b: Client("async-openai", [b.rust("async_openai")],
                                     variants={"plain", "obfuscated", "logprobs"}),
    "go": lambda b: Client("go", [b.go("go-client", "go")]),
    "go-h2": lambda b: Client("go-h2", [b.go("go-client", "go")], "h2"),
    "undici": lambda b: Client("undici", b.node("undici.mjs")),
    "aiohttp": lambda b: Client("aiohttp", b.python("aiohttp_client.py")),
    "openai": lambda b: Client("openai", b.python("openai_client.py"), loads=UNPACED, slow=True),
    "huggingface_hub": lambda b: Client("huggingface_hub", b.python("hub_client.py"), loads=UNPACED,
                                        slow=True),
}
