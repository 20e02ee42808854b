#!/usr/bin/env python3
"""Isolation: how long a line of a calm service takes into its file while another service floods.

usage: isolation.py [--build DIRECTORY] [--seconds N] [--quiet]

The calm service writes its monotonic clock a hundred times a second; the reader looks at its own clock
when the line is readable in the file. --quiet leaves the flood away: the difference is what it costs. The
aim is that the 99th percentile stays within 10 ms of the quiet one.
"""
import argparse
import os
import statistics
import sys
import time

import harness

LINES_A_SECOND = 100
CALM = f"""
import sys, time
while True:
    sys.stdout.write("%d\\n" % time.monotonic_ns())
    sys.stdout.flush()
    time.sleep({1 / LINES_A_SECOND})
"""


def tables(directory, floods):
    text = f"""
[service.calm]
primary = true
log = ["calm"]
command = {harness.toml_list([sys.executable, "-c", CALM])}
[sink.calm]
type = "file"
path = {harness.quote(os.path.join(directory, "calm"))}
[sink.flood]
type = "file"
path = {harness.quote(os.path.join(directory, "flood/current"))}
rotate = {{ size = "16MiB", keep = 1 }}
"""
    if floods:
        text += '[service.flood]\nlog = ["flood"]\ncommand = ["yes", "flood flood flood flood flood"]\n'
    return text


def delays_ms(path, seconds):
    """Of each line that becomes readable within that time."""
    delays = []
    deadline = time.monotonic() + seconds
    rest = b""
    with open(path, "rb", buffering=0) as file:
        while time.monotonic() < deadline:
            rest += file.read(65536) or b""
            now = time.monotonic_ns()
            *lines, rest = rest.split(b"\n")
            delays += [(now - int(line)) / 1e6 for line in lines]
            time.sleep(0.0002)
    return delays


def measure(tools, seconds, floods):
    with harness.scratch_directory() as directory:
        birl = harness.Birl(tools, directory, tables(directory, floods))
        birl.start()
        try:
            path = os.path.join(directory, "calm")
            deadline = time.monotonic() + 30
            while not os.path.exists(path) and time.monotonic() < deadline:
                time.sleep(0.01)
            delays = delays_ms(path, seconds)
        finally:
            birl.stop()
    if len(delays) < seconds * LINES_A_SECOND / 4:
        raise harness.BenchError(f"only {len(delays)} lines came in {seconds} s")
    return delays


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--seconds", type=float, default=10)
    parser.add_argument("--quiet", action="store_true")
    options = parser.parse_args()
    delays = measure(harness.Tools(options.build), options.seconds, not options.quiet)
    percentiles = statistics.quantiles(delays, n=100)
    recorder = harness.Recorder("isolation")
    recorder.add("quiet" if options.quiet else "flooded", p50_ms=percentiles[49], p99_ms=percentiles[98],
                 max_ms=max(delays))
    print(f"{len(delays)} lines: p50 {percentiles[49]:.2f} ms, p99 {percentiles[98]:.2f} ms, max {max(delays):.2f} ms")


if __name__ == "__main__":
    try:
        main()
    except harness.BenchError as error:
        sys.exit(f"isolation: {error}")
