#!/usr/bin/env python3
"""Services: restart after kill -9, a hundred of them started, and the memory that they cost idle.

usage: services.py [--build DIRECTORY] [--rounds N] [--count N] [--only NAME]...

Each service is spawn_probe, which tells the moment it gets to run. The floor is spawn_loop: bare
posix_spawn, no pipes, no sessions, no logs. Restart: from before the kill of a service that ran for
10 ms and more to the new probe's first moment. Start: from before the supervisor's own exec to the
last probe's first moment.
"""
import argparse
import os
import signal
import statistics
import subprocess
import sys
import time

import harness

SETTLE_S = 0.01  # what dies had been running: its start does not compete with the next one
IDLE_S = 1.0  # before memory is looked at

CONTESTANTS = ("birl", "spawn_loop")


def service_tables(tools, fifo, count):
    command = harness.toml_list([tools.path("spawn_probe"), fifo.path])
    sink = '[sink.console]\ntype = "console"\n'
    backoff = 'backoff = { initial = "0s", max = "0s" }'
    return sink + "".join(f"\n[service.probe{number}]\ncommand = {command}\n{backoff}\n"
                          for number in range(count))


class Bare:
    """spawn_loop with the same handles as harness.Birl."""

    def __init__(self, tools, fifo, count):
        self._command = [tools.path("spawn_loop"), str(count), tools.path("spawn_probe"), fifo.path]
        self.process = None

    def start(self):
        self.process = subprocess.Popen(self._command, start_new_session=True)

    def last_messages(self):
        return ""  # it says nothing

    def stop(self):
        self.process.terminate()
        self.process.wait(timeout=30)


def make(contestant, tools, directory, fifo, count):
    if contestant == "birl":
        return harness.Birl(tools, directory, service_tables(tools, fifo, count))
    return Bare(tools, fifo, count)


class Running:
    """A supervisor with `count` probes that have all got to run; stopped at the end."""

    def __init__(self, contestant, tools, count):
        self._scratch = harness.scratch_directory()
        directory = self._scratch.__enter__()
        self.fifo = harness.Fifo(directory)
        self.supervisor = make(contestant, tools, directory, self.fifo, count)
        try:
            before = time.monotonic_ns()
            self.supervisor.start()
            self.probes = [self.next_start() for _ in range(count)]
            self.start_s = (max(when for _, when in self.probes) - before) / 1e9
        except BaseException:
            self.__exit__()
            raise

    def next_start(self):
        try:
            return self.fifo.start()
        except harness.BenchError as error:
            messages = self.supervisor.last_messages()
            raise harness.BenchError(f"{error}: {messages}") from error

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.supervisor.stop()
        self.fifo.close()
        self._scratch.__exit__()


def measure_restart(tools, recorder, contestant, kills):
    with Running(contestant, tools, 1) as running:
        pid = running.probes[0][0]
        latencies = []
        for _ in range(kills):
            time.sleep(SETTLE_S)
            before = time.monotonic_ns()
            os.kill(pid, signal.SIGKILL)
            pid, when = running.next_start()
            latencies.append((when - before) / 1e6)
    recorder.add(contestant, restart_ms=statistics.median(latencies),
                 restart_p90_ms=statistics.quantiles(latencies, n=10)[-1])


def measure_start(tools, recorder, contestant, count):
    with Running(contestant, tools, count) as running:
        recorder.add(contestant, start_s=running.start_s, services=count)


def measure_memory(tools, recorder, count):
    with Running("birl", tools, count) as running:
        time.sleep(IDLE_S)
        router = harness.child_named(running.supervisor.process.pid, "birl-router")
        supervisor = harness.memory_kib(running.supervisor.process.pid)
        memory = harness.memory_kib(router)
    recorder.add("birl", services=count, supervisor_pss_kib=supervisor["pss"],
                 supervisor_private_kib=supervisor["private"], router_pss_kib=memory["pss"],
                 router_private_kib=memory["private"])


def measure(tools, rounds, count, contestants):
    restart, start = harness.Recorder("restart"), harness.Recorder(f"start_{count}")
    memory = harness.Recorder(f"memory_{count}")
    for _ in range(rounds):
        for contestant in contestants:
            measure_restart(tools, restart, contestant, kills=20)
            measure_start(tools, start, contestant, count)
    if "birl" in contestants:
        measure_memory(tools, memory, count)
    return restart, start, memory


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default="build/release")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--only", action="append", choices=CONTESTANTS)
    options = parser.parse_args()
    measure(harness.Tools(options.build), options.rounds, options.count, options.only or CONTESTANTS)


if __name__ == "__main__":
    try:
        main()
    except harness.BenchError as error:
        sys.exit(f"services: {error}")
