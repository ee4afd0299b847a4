"""What every peer script shares: its arguments, its inputs, and the protocol that `cairn bench` speaks with it.

A script prepares its side and calls `serve(round)`. It says "ready"; for each line on its stdin it calls `round()` and
answers with the value, then name=number for each quality:

    from peer import arguments, serve
    options = arguments()
    def round():
        begin = time.perf_counter()
        ...
        return time.perf_counter() - begin, {"nll": loss}
    serve(round)
"""

import argparse
import os
import sys


def arguments(**defaults):
    """--threads and --folder, which every script gets, and an option for each default."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--folder", default=".")
    for name, default in defaults.items():
        parser.add_argument("--" + name.replace("_", "-"), type=type(default), default=default)
    return parser.parse_args()


def peak_growth(body):
    """The most memory resident at any moment while body() runs beyond what is before it, in bytes, and its result."""
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")
    before = _status("VmRSS")
    result = body()
    return _status("VmHWM") - before, result


def _status(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith(name + ":"))


def serve(round):
    """Answers rounds until stdin ends. What the peer itself prints goes to stderr."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    print("ready", file=answers, flush=True)
    for _ in sys.stdin:
        value, quality = round()
        words = [repr(float(value))] + [f"{name}={float(number)!r}" for name, number in quality.items()]
        print(*words, file=answers, flush=True)
