#!/usr/bin/env python3
"""The benchmark drivers measure what they say, shown on the floors: drivers_test.py BUILD-DIRECTORY.

The floors are bench/bare_loop.cpp and bench/spawn_loop.cpp with bench/spawn_probe.cpp.
"""
import os
import sys
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "bench"))
sys.dont_write_bytecode = True

import harness
import pipe_to_file
import report
import services

TOOLS = harness.Tools(sys.argv.pop())


class RecorderWithoutFile(harness.Recorder):
    def __init__(self):
        self.name = "test"
        self.runs = []

    def add(self, contestant, **figures):
        self.runs.append({"contestant": contestant, **figures})


def contestant(name):
    return pipe_to_file.installed([name])[0]


class PipeToFileTest(unittest.TestCase):
    def test_the_bare_loop_is_measured_and_its_lines_checked(self):
        recorder = RecorderWithoutFile()
        pipe_to_file.run_once(TOOLS, recorder, pipe_to_file.SCENARIOS[0], contestant("bare_loop"), 40e6)
        run = recorder.runs[0]
        self.assertEqual(run["bytes"], 40_000_000)
        self.assertGreater(run["megabytes_per_s"], 0)
        self.assertGreater(run["cpu_s_per_gb"], 0)

    def test_lines_that_are_not_there_are_an_error_not_a_figure(self):
        with harness.scratch_directory() as directory:
            os.mkdir(directory + "/log")
            with self.assertRaises(harness.BenchError):
                pipe_to_file.check_lines(TOOLS, contestant("birl"), directory, 10, stamped=False)


class ServicesTest(unittest.TestCase):
    def test_the_floor_starts_and_restarts(self):
        recorder = RecorderWithoutFile()
        services.measure_start(TOOLS, recorder, "spawn_loop", 5)
        services.measure_restart(TOOLS, recorder, "spawn_loop", 3)
        self.assertGreater(recorder.runs[0]["start_s"], 0)
        self.assertGreater(recorder.runs[1]["restart_ms"], 0)


class ReportTest(unittest.TestCase):
    def test_ratios_are_medians_of_neighbours(self):
        recorder = RecorderWithoutFile()
        for birl, rival in ((10, 1), (40, 2), (90, 3)):
            recorder.add("birl", x=birl)
            recorder.add("rival", x=rival)
        self.assertEqual(recorder.ratio("birl", "rival", "x"), 20)
        self.assertEqual(recorder.median("birl", "x"), 40)

    def test_what_was_not_measured_does_not_hold(self):
        target = report.Target("x", None, None, 1, True)
        self.assertFalse(target.holds())
        self.assertIn("not measured", target.row())
        self.assertTrue(report.Target("x", None, 2, 1, True).holds())
        self.assertFalse(report.Target("x", None, 2, 1, False).holds())


if __name__ == "__main__":
    unittest.main()
