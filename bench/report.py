"""Turns the runs into the tables of bench/results/report.md and judges them by what birl must reach."""
import os
import platform
import time

import harness


class Target:
    """A figure of birl, or its ratio to a rival's, and the bound it must keep."""

    def __init__(self, what, recorder, value, bound, at_least):
        self.what = what
        self.recorder = recorder
        self.value = value
        self.bound = bound
        self.at_least = at_least

    def holds(self):
        if self.value is None:
            return False
        return self.value >= self.bound if self.at_least else self.value <= self.bound

    def row(self):
        shown = "not measured" if self.value is None else f"{self.value:.3g}"
        sign = ">=" if self.at_least else "<="
        return f"| {self.what} | {sign} {self.bound:.3g} | {shown} | {'yes' if self.holds() else 'NO'} |"


def targets(pipe, restart, start, memory, first):
    def ratio(recorder, over, under, figure, bound, at_least, what):
        return Target(what, recorder, recorder.ratio(over, under, figure), bound, at_least)

    fast, stamped, lines = "/preformatted", "/timestamps", "/line_writes"
    return [
        ratio(pipe, "birl" + fast, "s6-log" + fast, "megabytes_per_s", 10, True,
              "raw throughput, times s6-log's"),
        ratio(pipe, "birl" + fast, "s6-log" + fast, "cpu_s_per_gb", 1 / 8, False,
              "raw processor time per GB, times s6-log's"),
        ratio(pipe, "birl" + fast, "bare_loop" + fast, "megabytes_per_s", 0.9, True,
              "raw throughput, times the bare loop's"),
        ratio(pipe, "birl" + stamped, "s6-log" + stamped, "megabytes_per_s", 8, True,
              "throughput with a time before each line, times s6-log's"),
        ratio(pipe, "birl" + lines, "s6-log" + lines, "cpu_s_per_gb", 1 / 10, False,
              "one write() per line, processor time per GB, times s6-log's"),
        ratio(restart, "birl", "spawn_loop", "restart_ms", 1.1, False,
              "kill -9 to new exec, times bare posix_spawn's"),
        ratio(start, "birl", "spawn_loop", "start_s", 1.3, False,
              "100 services up, times bare posix_spawn's"),
        Target("exec of the init to the first service, ms over a bare exec", first,
               first.median("birl", "over_bare_ms"), 5, False),
        Target("supervisor, 100 idle services, PSS in KiB", memory,
               memory.median("birl", "supervisor_pss_kib"), 1536, False),
    ]


def figure_table(recorder):
    figures = list(dict.fromkeys(
        key for run in recorder.runs for key, value in run.items()
        if isinstance(value, (int, float)) and key not in ("load", "bytes", "services")))
    lines = ["| contestant | runs | " + " | ".join(figures) + " |", "|---" * (len(figures) + 2) + "|"]
    for contestant in dict.fromkeys(run["contestant"] for run in recorder.runs):
        medians = [recorder.median(contestant, figure) for figure in figures]
        cells = ["-" if median is None else f"{median:.4g}" for median in medians]
        count = len([run for run in recorder.runs if run["contestant"] == contestant])
        lines.append(f"| {contestant} | {count} | " + " | ".join(cells) + " |")
    return lines


def machine_line():
    model = "unknown processor"
    with open("/proc/cpuinfo", encoding="ascii", errors="replace") as file:
        for line in file:
            if line.startswith("model name"):
                model = line.partition(":")[2].strip()
    return (f"{os.cpu_count()} x {model}, Linux {platform.release()}, "
            f"{time.strftime('%F %H:%M', time.gmtime())} UTC, load {os.getloadavg()[0]:.1f} at the end")


def write(recorders, judged, mode, pictures):
    """Writes the report of a run in `mode` with `pictures`, paths; returns its path."""
    lines = ["# Measured", "", f"`bench/run_all --mode {mode}`: {machine_line()}.", "",
             "Ratios are medians over runs that stood side by side; figures are medians.", "",
             "| what | must be | is | holds |", "|---|---|---|---|"]
    lines += [target.row() for target in judged]
    for recorder in recorders:
        if recorder.runs:
            lines += ["", f"## {recorder.name}", ""] + figure_table(recorder)
    lines += [""] + [f"![{os.path.basename(picture)}]({os.path.basename(picture)})" for picture in pictures]
    path = os.path.join(harness.RESULTS, "report.md")
    with open(path, "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path
