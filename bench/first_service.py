#!/usr/bin/env python3
"""The first service: from before the exec of the init to its first service's first moment.

usage: first_service.py [--build DIRECTORY] [--rounds N] [--static FILE] [--only NAME]... [--realtime]

Every contestant is process 1 of a PID namespace of its own (unshare), as in a container. The floor is
spawn_probe as process 1, without an init; tini runs where it is installed, and birl's static file
where it was built. What counts is the difference to the floor in the same round.
"""
import argparse
import os
import shutil
import statistics
import subprocess
import sys
import time

import harness

NAMESPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc", "--"]
RUNS_PER_ROUND = 10


def contestants(tools, static):
    """Name -> the words before the probe's own."""
    found = {"bare": [], "birl": [tools.birl, "run", "-c", "{config}", "--"]}
    if os.path.exists(static):
        found["birl_static"] = [static, "run", "-c", "{config}", "--"]
    if shutil.which("tini"):
        found["tini"] = [shutil.which("tini"), "--"]
    return found


def start_once(words, tools):
    """Milliseconds to the probe's first moment."""
    with harness.scratch_directory() as directory:
        fifo = harness.Fifo(directory)
        config = os.path.join(directory, "birl.toml")
        with open(config, "w", encoding="utf-8") as file:
            file.write(f'[birl]\nruntime_directory = {harness.quote(os.path.join(directory, "run"))}\n')
        command = [word.format(config=config) for word in words] + [tools.path("spawn_probe"), fifo.path]
        before = time.monotonic_ns()
        process = subprocess.Popen(NAMESPACE + command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            _, when = fifo.start()
        finally:
            process.kill()
            process.wait()
            fifo.close()
    return (when - before) / 1e6


def measure(tools, rounds, static, only=()):
    recorder = harness.Recorder("first_service")
    inits = {name: words for name, words in contestants(tools, static).items() if not only or name in only or name == "bare"}
    for _ in range(rounds):
        floor = None
        for name, words in inits.items():
            taken = statistics.median(start_once(words, tools) for _ in range(RUNS_PER_ROUND))
            floor = taken if name == "bare" else floor
            recorder.add(name, start_ms=taken, over_bare_ms=taken - floor)
    return recorder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--static", default="build/static/birl")
    parser.add_argument("--only", action="append", default=[])
    parser.add_argument("--realtime", action="store_true", help="for a machine that others use too")
    options = parser.parse_args()
    if options.realtime:
        harness.use_realtime()
    recorder = measure(harness.Tools(options.build), options.rounds, options.static, options.only)
    for name in dict.fromkeys(run["contestant"] for run in recorder.runs):
        print(f"{name}: {recorder.median(name, 'start_ms'):.2f} ms, "
              f"{recorder.median(name, 'over_bare_ms'):.2f} ms over bare")


if __name__ == "__main__":
    try:
        main()
    except harness.BenchError as error:
        sys.exit(f"first_service: {error}")
