#!/usr/bin/env python3
"""From a service's pipe to rotated files: birl against s6-log and against a bare loop.

usage: pipe_to_file.py [--build DIRECTORY] [--rounds N] [--gigabytes G] [--only NAME]...

The same generator feeds each; 16 MiB files, ten kept. Throughput is the bytes by the time from the
generator's first moment to the reader's end, everything written. The processor time is the
readers' alone: the generator's share, which spawn_probe reports, is taken off.
"""
import argparse
import os
import subprocess
import sys

import harness

LINE_BYTES = 100
ROTATE_BYTES = 16 << 20
KEEP = 10


class Scenario:
    def __init__(self, name, generator_arguments, share):
        self.name = name
        self.arguments = generator_arguments
        self.share = share  # of the bytes of the first scenario: slow generators write less


SCENARIOS = (Scenario("preformatted", ["--preformatted"], 1.0),
             Scenario("line_writes", ["--line-writes"], 0.25))
# Slow contestants get a part of the bytes too, or one run would take minutes.
SHARES = {"birl": 1.0, "bare_loop": 1.0, "s6-log": 0.2}


def generator(tools, fifo, scenario, lines):
    return [tools.path("spawn_probe"), fifo.path, tools.path("loggen"), "--id", "gen", "--lines",
            str(lines), "--bytes", str(LINE_BYTES)] + scenario.arguments


def run_birl(tools, directory, fifo, command):
    """(processor seconds of reader and generator, monotonic ns of the end)."""
    birl = harness.Birl(tools, directory, f"""
[service.gen]
command = {harness.toml_list(command)}
primary = true
log = ["files"]

[sink.files]
type = "file"
path = {harness.quote(directory + "/log/current")}
rotate = {{ size = {ROTATE_BYTES}, keep = {KEEP} }}
""")
    try:
        birl.start()
        _, cpu, end = birl.wait()
    finally:
        birl.stop()
    return cpu, end


def run_reader(reader, command):
    with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
        sink = subprocess.Popen(reader, stdin=source.stdout, stdout=subprocess.DEVNULL)
        source.stdout.close()
        code, cpu, end = harness.wait_with_cpu(sink)
        if code != 0 or source.wait() != 0:
            raise harness.BenchError(f"{reader[0]} ended with {code}")
    return cpu, end


def readers(tools, directory):
    log = directory + "/log"
    return {"s6-log": ["s6-log", f"n{KEEP}", f"s{ROTATE_BYTES}", log],
            "bare_loop": [tools.path("bare_loop"), log, str(ROTATE_BYTES), str(KEEP)]}


def check_lines(tools, contestant, directory, lines):
    """The kept files must hold whole lines up to the last. The bare loop rotates in mid-line."""
    arguments = ["--pruned", "--expect", f"gen:out:{lines}"]
    if contestant == "bare_loop":
        arguments.append("--ignore-foreign")
    check = subprocess.run([tools.path("logcheck")] + arguments + [directory + "/log"], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if check.returncode != 0:
        raise harness.BenchError(f"{contestant} did not keep the lines: {check.stdout}")


def run_once(tools, recorder, scenario, contestant, total_bytes):
    lines = int(total_bytes * scenario.share * SHARES[contestant]) // LINE_BYTES
    with harness.scratch_directory() as directory:
        os.mkdir(directory + "/log")
        fifo = harness.Fifo(directory)
        command = generator(tools, fifo, scenario, lines)
        if contestant == "birl":
            cpu, end = run_birl(tools, directory, fifo, command)
        else:
            cpu, end = run_reader(readers(tools, directory)[contestant], command)
        _, start = fifo.start()
        _, generator_end, generator_cpu = fifo.line()
        fifo.close()
        check_lines(tools, contestant, directory, lines)
    written = lines * LINE_BYTES
    if contestant == "birl":  # birl waits for its services, so their time is in its own
        cpu -= int(generator_cpu) / 1e9
    recorder.add(f"{contestant}/{scenario.name}", megabytes_per_s=written / 1e6 / ((end - start) / 1e9),
                 cpu_s_per_gb=cpu / (written / 1e9), generator_cpu_s_per_gb=int(generator_cpu) / written,
                 after_generator_s=(end - int(generator_end)) / 1e9, bytes=written)


def measure(tools, rounds, gigabytes, contestants):
    recorder = harness.Recorder("pipe_to_file")
    for scenario in SCENARIOS:
        for _ in range(rounds):
            for contestant in contestants:
                run_once(tools, recorder, scenario, contestant, gigabytes * 1e9)
    return recorder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--only", action="append", choices=sorted(SHARES))
    options = parser.parse_args()
    recorder = measure(harness.Tools(options.build), options.rounds, options.gigabytes,
                       options.only or list(SHARES))
    for contestant in dict.fromkeys(run["contestant"] for run in recorder.runs):
        print(f"{contestant}: {recorder.median(contestant, 'megabytes_per_s'):.0f} MB/s, "
              f"{recorder.median(contestant, 'cpu_s_per_gb'):.3f} CPU-s/GB (medians)")


if __name__ == "__main__":
    try:
        main()
    except harness.BenchError as error:
        sys.exit(f"pipe_to_file: {error}")
