#!/usr/bin/env python3
"""How the costs grow: with the length of lines, with the services that write, with those supervised.

usage: scaling.py [--build DIRECTORY] [--rounds N] [--gigabytes G]

Each point of a curve is measured beside its floor (bare_loop, spawn_loop) and, for lines, beside s6-log.
bench/plots.py draws the curves.
"""
import argparse
import sys

import harness
import pipe_to_file
import services

LINE_BYTES = (32, 100, 1_000, 10_000, 100_000, 1_000_000)
PREFORMATTED_MAX = 10_000  # loggen holds a thousand such lines
WRITERS = (1, 10, 100)
SUPERVISED = (1, 10, 100, 1_000)


def line_scenarios():
    """Long lines are made one by one, at the speed of their checksums: fewer bytes of them."""
    return [pipe_to_file.Scenario(str(length), ["--preformatted"], 1.0, line_bytes=length)
            if length <= PREFORMATTED_MAX else pipe_to_file.Scenario(str(length), [], 0.25, line_bytes=length)
            for length in LINE_BYTES]


def measure_writers(tools, recorder, count, total_bytes):
    """`count` services at once, each with a file of its own."""
    lines = int(total_bytes) // pipe_to_file.LINE_BYTES // count
    with harness.scratch_directory() as directory:
        fifo = harness.Fifo(directory)
        tables = f"""
[sink.files]
type = "file"
path = {harness.quote(directory + "/log/{service}/current")}
rotate = {{ size = {pipe_to_file.ROTATE_BYTES}, keep = {pipe_to_file.KEEP} }}

[service.last]
type = "oneshot"
primary = true
command = ["true"]
after = {harness.toml_list(f"gen{number}" for number in range(count))}
"""
        for number in range(count):
            command = [tools.path("spawn_probe"), fifo.path, tools.path("loggen"), "--id", f"gen{number}",
                       "--lines", str(lines), "--bytes", str(pipe_to_file.LINE_BYTES), "--preformatted"]
            tables += (f'\n[service.gen{number}]\ntype = "oneshot"\nlog = ["files"]\n'
                       f"command = {harness.toml_list(command)}\n")
        birl = harness.Birl(tools, directory, tables)
        try:
            birl.start()
            _, cpu, end = birl.wait()
        finally:
            birl.stop()
        starts, generator_cpu = [], 0.0
        for _ in range(2 * count):
            words = fifo.line()
            if len(words) == 2:
                starts.append(int(words[1]))
            else:
                generator_cpu += int(words[2]) / 1e9
        fifo.close()
        for number in range(count):
            pipe_to_file.check_directory(tools, f"{directory}/log/gen{number}",
                                         ["--pruned", "--expect", f"gen{number}:out:{lines}"], f"gen{number}")
    written = count * lines * pipe_to_file.LINE_BYTES
    recorder.add(f"birl/{count}", megabytes_per_s=written / 1e6 / ((end - min(starts)) / 1e9),
                 cpu_s_per_gb=(cpu - generator_cpu) / (written / 1e9), services=count, bytes=written)


def measure_supervised(tools, recorder, contestant, count):
    with services.Running(contestant, tools, count) as running:
        figures = {"start_s": running.start_s, "start_ms_per_service": running.start_s * 1e3 / count}
        if contestant == "birl":
            figures["supervisor_pss_kib"] = harness.memory_kib(running.supervisor.process.pid)["pss"]
    recorder.add(f"{contestant}/{count}", services=count, **figures)


def measure(tools, rounds, gigabytes):
    readers = pipe_to_file.installed(["birl", "bare_loop", "s6-log"])
    lines = pipe_to_file.measure(tools, rounds, gigabytes, readers, line_scenarios(), "line_lengths")
    writers, supervised = harness.Recorder("writers"), harness.Recorder("supervised")
    for _ in range(rounds):
        for count in WRITERS:
            measure_writers(tools, writers, count, gigabytes * 1e9)
        for count in SUPERVISED:
            for contestant in services.CONTESTANTS:
                measure_supervised(tools, supervised, contestant, count)
    return lines, writers, supervised


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--gigabytes", type=float, default=1.0)
    options = parser.parse_args()
    measure(harness.Tools(options.build), options.rounds, options.gigabytes)


if __name__ == "__main__":
    try:
        main()
    except harness.BenchError as error:
        sys.exit(f"scaling: {error}")
