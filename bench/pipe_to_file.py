#!/usr/bin/env python3
"""From a service's pipe to rotated files: birl, the logging programs of other supervisors, a bare loop.

usage: pipe_to_file.py [--build DIRECTORY] [--rounds N] [--gigabytes G] [--only NAME]...

The same generator feeds each; 16 MiB files, ten kept, none forced to the disk. A contestant that is not
installed is left out, and said so. Throughput is the bytes by the time from the
generator's first moment to the reader's end, everything written. The processor time is the
readers' alone: the generator's share, which spawn_probe reports, is taken off. Of every run the lines
are checked: one that lost any is an error, not a figure.
"""
import argparse
import os
import shutil
import subprocess
import sys
import time

import harness

LINE_BYTES = 100
ROTATE_BYTES = (16 << 20) - 1  # the most that multilog takes
KEEP = 10


class Scenario:
    """`share`: of the bytes of the first scenario, for slow generators. `stamped`: each line gets the time."""

    def __init__(self, name, generator_arguments, share, stamped=False, line_bytes=LINE_BYTES):
        self.name = name
        self.line_bytes = line_bytes
        self.arguments = generator_arguments
        self.share = share
        self.stamped = stamped


SCENARIOS = (Scenario("preformatted", ["--preformatted"], 1.0),
             Scenario("timestamps", ["--preformatted"], 1.0, stamped=True),
             Scenario("line_writes", ["--line-writes"], 0.25))


class Contestant:
    """`share`: slow ones get a part of the bytes too, or one run would take minutes. `stamp`: its argument
    for a time before each line, None where it has none; `behind`: what stands between that and the line."""

    def __init__(self, name, share, program=None, stamp=None, behind=" "):
        self.name = name
        self.share = share
        self.program = program
        self.stamp = stamp
        self.behind = behind

    def takes_part(self, scenario):
        return self.stamp is not None or not scenario.stamped


CONTESTANTS = (Contestant("birl", 1.0, stamp='timestamp = "iso"'),
               Contestant("bare_loop", 1.0),
               Contestant("s6-log", 0.2, "s6-log", stamp="T", behind="  "),
               Contestant("svlogd", 0.1, "svlogd", stamp="-ttt"),
               Contestant("multilog", 0.1, "multilog", stamp="t"),
               Contestant("supervisord", 0.5, "supervisord"))


def installed(names=None):
    """Those of `names`, or all, that are on this machine."""
    found = []
    for contestant in CONTESTANTS:
        if names and contestant.name not in names:
            continue
        if contestant.program and not shutil.which(contestant.program):
            print(f"pipe_to_file: {contestant.name} is not installed", flush=True)
        else:
            found.append(contestant)
    return found


def generator(tools, fifo, scenario, lines):
    return [tools.path("spawn_probe"), fifo.path, tools.path("loggen"), "--id", "gen", "--lines",
            str(lines), "--bytes", str(scenario.line_bytes)] + scenario.arguments


def run_birl(tools, directory, command, stamp):
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
{stamp}
""")
    try:
        birl.start()
        _, cpu, end = birl.wait()
    finally:
        birl.stop()
    return cpu, end


def run_supervisord(directory, command):
    """It stays when its program has ended, so its end is the TERM that the harness sends then."""
    with open(directory + "/supervisord.conf", "w", encoding="utf-8") as file:
        file.write(f"""[supervisord]
nodaemon = true
logfile = {directory}/supervisord.log
pidfile = {directory}/supervisord.pid
[program:gen]
command = {" ".join(command)}
autorestart = false
startsecs = 0
stdout_logfile = {directory}/log/current
stdout_logfile_maxbytes = {ROTATE_BYTES}
stdout_logfile_backups = {KEEP}
""")
    process = subprocess.Popen(["supervisord", "-c", directory + "/supervisord.conf"], stdin=subprocess.DEVNULL,
                               stdout=subprocess.DEVNULL, start_new_session=True)
    harness.await_text(directory + "/supervisord.log", "exited: gen")
    end = time.monotonic_ns()
    process.terminate()
    _, cpu, _ = harness.wait_with_cpu(process)
    return cpu, end


def run_reader(reader, command):
    with subprocess.Popen(command, stdout=subprocess.PIPE) as source:
        sink = subprocess.Popen(reader, stdin=source.stdout, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        source.stdout.close()
        code, cpu, end = harness.wait_with_cpu(sink)
        if code != 0 or source.wait() != 0:
            raise harness.BenchError(f"{reader[0]} ended with {code}")
    return cpu, end


def reader_of(contestant, tools, directory, stamp):
    log = directory + "/log"
    if contestant.name == "svlogd":
        with open(log + "/config", "w", encoding="ascii") as file:
            file.write(f"s{ROTATE_BYTES}\nn{KEEP}\n")
        return ["svlogd", "-b", "65536"] + stamp + [log]
    if contestant.name == "bare_loop":
        return [tools.path("bare_loop"), log, str(ROTATE_BYTES), str(KEEP)]
    whole_lines = ["-l", "0"] if contestant.name == "s6-log" else []
    return [contestant.program] + whole_lines + stamp + [f"n{KEEP}", f"s{ROTATE_BYTES}", log]


def check_lines(tools, contestant, directory, lines, stamped):
    """The kept files must hold whole lines up to the last. Two of them rotate in mid-line."""
    arguments = ["--pruned", "--expect", f"gen:out:{lines}"]
    if contestant.name in ("bare_loop", "supervisord"):
        arguments.append("--ignore-foreign")
    if stamped:
        arguments += ["--skip-prefix", contestant.behind]
    for name in ("config", "lock"):  # svlogd's
        if os.path.exists(f"{directory}/log/{name}"):
            os.remove(f"{directory}/log/{name}")
    check_directory(tools, directory + "/log", arguments, contestant.name)


def check_directory(tools, directory, arguments, whose):
    check = subprocess.run([tools.path("logcheck")] + arguments + [directory], text=True,
                           stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False)
    if check.returncode != 0:
        raise harness.BenchError(f"{whose} did not keep the lines: {check.stdout}")


def run_once(tools, recorder, scenario, contestant, total_bytes):
    lines = int(total_bytes * scenario.share * contestant.share) // scenario.line_bytes
    with harness.scratch_directory() as directory:
        os.mkdir(directory + "/log")
        fifo = harness.Fifo(directory)
        command = generator(tools, fifo, scenario, lines)
        stamp = [contestant.stamp] if scenario.stamped else []
        if contestant.name == "birl":
            cpu, end = run_birl(tools, directory, command, "".join(stamp))
        elif contestant.name == "supervisord":
            cpu, end = run_supervisord(directory, command)
        else:
            cpu, end = run_reader(reader_of(contestant, tools, directory, stamp), command)
        _, start = fifo.start()
        _, generator_end, generator_cpu = fifo.line()
        fifo.close()
        check_lines(tools, contestant, directory, lines, scenario.stamped)
    written = lines * scenario.line_bytes
    if contestant.name in ("birl", "supervisord"):  # they wait for the generator: its time is in theirs
        cpu -= int(generator_cpu) / 1e9
    recorder.add(f"{contestant.name}/{scenario.name}", megabytes_per_s=written / 1e6 / ((end - start) / 1e9),
                 cpu_s_per_gb=cpu / (written / 1e9), generator_cpu_s_per_gb=int(generator_cpu) / written,
                 after_generator_s=(end - int(generator_end)) / 1e9, bytes=written)


def measure(tools, rounds, gigabytes, contestants, scenarios=SCENARIOS, name="pipe_to_file"):
    recorder = harness.Recorder(name)
    for scenario in scenarios:
        for _ in range(rounds):
            for contestant in contestants:
                if not contestant.takes_part(scenario):
                    continue
                run_once(tools, recorder, scenario, contestant, gigabytes * 1e9)
    return recorder


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--only", action="append", choices=[contestant.name for contestant in CONTESTANTS])
    options = parser.parse_args()
    recorder = measure(harness.Tools(options.build), options.rounds, options.gigabytes,
                       installed(options.only))
    for contestant in dict.fromkeys(run["contestant"] for run in recorder.runs):
        print(f"{contestant}: {recorder.median(contestant, 'megabytes_per_s'):.0f} MB/s, "
              f"{recorder.median(contestant, 'cpu_s_per_gb'):.3f} CPU-s/GB (medians)")


if __name__ == "__main__":
    try:
        main()
    except harness.BenchError as error:
        sys.exit(f"pipe_to_file: {error}")
