"""A function that calls itself, one that two others call, and what they did: as JSON."""
import json
import time

import stripchart

calls = {"fib": 0, "load": 0}


@stripchart.profile
def fib(number):
    calls["fib"] += 1
    return number if number < 2 else fib(number - 1) + fib(number - 2)


@stripchart.profile
def load():
    calls["load"] += 1
    time.sleep(0.002)


@stripchart.profile
def train():
    for _ in range(3):
        load()


@stripchart.profile
def evaluate():
    load()


began = time.monotonic_ns()
fib(12)
took = time.monotonic_ns() - began
train()
evaluate()
print(json.dumps({"calls": calls, "fib_seconds": took / 1e9}))
