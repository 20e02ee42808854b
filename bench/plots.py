#!/usr/bin/env python3
"""Draws the runs in bench/results/*.jsonl, or those of one run, as PNG files beside them.

usage: plots.py [DIRECTORY]

Every point is a median; the floor (bare_loop, spawn_loop, a bare exec) is in every picture of its bench.
Needs matplotlib (python3-matplotlib).
"""
import glob
import json
import os
import sys

import harness

# file, bench, figure, what the axis says; bars have a group for each scenario behind the contestant's name
BARS = (("throughput", "pipe_to_file", "megabytes_per_s", "MB/s"),
        ("processor_time", "pipe_to_file", "cpu_s_per_gb", "processor seconds per GB"),
        ("restart", "restart", "restart_ms", "kill -9 to the new exec, ms"),
        ("first_service", "first_service", "over_bare_ms", "exec of the init to the first service, ms over a bare exec"))
# file, bench, figure, both axes
CURVES = (("throughput_by_line", "line_lengths", "megabytes_per_s", "bytes of a line", "MB/s"),
          ("processor_time_by_line", "line_lengths", "cpu_s_per_gb", "bytes of a line", "processor seconds per GB"),
          ("throughput_by_services", "writers", "megabytes_per_s", "services that write at once", "MB/s, all together"),
          ("processor_time_by_services", "writers", "cpu_s_per_gb", "services that write at once",
           "processor seconds per GB"),
          ("start_by_services", "supervised", "start_s", "services", "all of them started, s"),
          ("memory_by_services", "supervised", "supervisor_pss_kib", "services", "supervisor's PSS, KiB"))


def save(figure, directory, name):
    path = os.path.join(directory, name + ".png")
    figure.savefig(path, dpi=120, bbox_inches="tight")
    return path


def draw_bars(pyplot, recorder, figure_name, label):
    names = list(dict.fromkeys(run["contestant"] for run in recorder.runs if figure_name in run))
    scenarios = list(dict.fromkeys(name.partition("/")[2] for name in names))
    contestants = list(dict.fromkeys(name.partition("/")[0] for name in names))
    figure, axes = pyplot.subplots(figsize=(8, 4))
    width = 0.8 / len(contestants)
    for place, contestant in enumerate(contestants):
        heights = [recorder.median(f"{contestant}/{scenario}".rstrip("/"), figure_name) or 0 for scenario in scenarios]
        axes.bar([at + place * width for at in range(len(scenarios))], heights, width, label=contestant)
    axes.set_xticks([at + 0.4 - width / 2 for at in range(len(scenarios))], scenarios)
    axes.set_ylabel(label)
    axes.legend()
    return figure


def draw_curves(pyplot, recorder, figure_name, x_label, y_label):
    figure, axes = pyplot.subplots(figsize=(8, 4))
    names = list(dict.fromkeys(run["contestant"] for run in recorder.runs if figure_name in run))
    for contestant in dict.fromkeys(name.partition("/")[0] for name in names):
        points = sorted((int(name.partition("/")[2]), recorder.median(name, figure_name)) for name in names
                        if name.partition("/")[0] == contestant)
        axes.plot([x for x, _ in points], [y for _, y in points], marker="o", label=contestant)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel(x_label)
    axes.set_ylabel(y_label)
    axes.legend()
    return figure


def write(recorders, directory):
    """The paths of what was drawn; none without matplotlib."""
    try:
        import matplotlib
    except ImportError:
        print("plots: matplotlib is not installed; nothing is drawn")
        return []
    matplotlib.use("Agg")
    from matplotlib import pyplot
    by_name = {recorder.name: recorder for recorder in recorders if recorder.runs}
    paths = []
    for name, bench, figure, label in BARS:
        if bench in by_name:
            paths.append(save(draw_bars(pyplot, by_name[bench], figure, label), directory, name))
    for name, bench, figure, x_label, y_label in CURVES:
        if bench in by_name:
            paths.append(save(draw_curves(pyplot, by_name[bench], figure, x_label, y_label), directory, name))
    pyplot.close("all")
    return paths


def read(directory):
    """The runs of all files there."""
    recorders = []
    for path in sorted(glob.glob(os.path.join(directory, "*.jsonl"))):
        recorder = harness.Recorder(os.path.splitext(os.path.basename(path))[0])
        with open(path, encoding="utf-8") as file:
            recorder.runs = [json.loads(line) for line in file]
        recorders.append(recorder)
    return recorders


if __name__ == "__main__":
    where = sys.argv[1] if len(sys.argv) > 1 else harness.RESULTS
    for drawn in write(read(where), where):
        print(drawn)
