"""The loads of benchmarks/compare: what the clients are asked to do."""
from dataclasses import dataclass

VARIANTS = ["plain", "obfuscated", "reasoning", "logprobs"]


@dataclass(frozen=True)
class Load:
    name: str
    about: str
    kind: str  # the clients' word: stream or call
    model: str  # what the server is to answer; {variant}, {tokens}
    amount: int  # streams, or calls
    each: int  # tokens of a stream, or calls at once
    quick: tuple  # the same two of --quick
    unit: str
    variants: tuple = ("plain",)
    fresh: bool = False  # without tickets
    h1: bool = False  # ends connections, which HTTP/2 has no need of
    interval: float = 0  # seconds between the tokens of a stream

    def seconds(self, quick):
        """How long it takes at least."""
        return (self.quick if quick else (self.amount, self.each))[1] * self.interval

    def arguments(self, variant, quick):
        amount, each = self.quick if quick else (self.amount, self.each)
        model = self.model.format(variant=variant, tokens=each)
        return model, amount, each


LOADS = [
    Load("saturated", "16 streams as fast as they are read", "stream", "stream/{variant}/{tokens}/0", 16, 20000,
         (16, 3000), "token", tuple(VARIANTS)),
    Load("paced", "1,000 streams, a token each 20 ms", "stream", "stream/{variant}/{tokens}/20", 1000, 300, (100, 50),
         "token", interval=0.02),
    Load("idle", "4,000 streams, a token each 500 ms, handshakes in", "stream", "stream/{variant}/{tokens}/500", 4000,
         50, (200, 4), "token", interval=0.5),
    Load("short", "answers of 1 KB over kept connections, 64 at once", "call", "whole/1024", 20000, 64, (1500, 64),
         "call"),
    Load("body", "answers of 64 KB over kept connections, 16 at once", "call", "whole/65536", 4000, 16, (200, 16),
         "call"),
    Load("connect", "a connection for each call, full handshakes, 16 at once", "call", "close/1024", 1500, 16,
         (100, 16), "call", fresh=True, h1=True),
    Load("resume", "a connection for each call, tickets to resume with, 16 at once", "call", "close/1024", 1500, 16,
         (100, 16), "call", h1=True),
]
