"""What the benchmark drivers share: the tools, runs of birl, processor time, results and medians.

Every figure is taken side by side with its rivals in one run, in turns (birl, rival, floor, birl, ...),
since absolute figures of a shared machine say little. One JSON line per measurement goes to
bench/results/NAME.jsonl, the tables to bench/results/report.md.
"""
import json
import os
import select
import shutil
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
RESULTS = os.path.join(HERE, "results")
RUN_SECONDS_MAX = 300


class BenchError(Exception):
    """A run did not do what it measures: the figure would mean nothing."""


def use_realtime():
    """Contestants get a real-time priority, so that the neighbours of a shared machine wait."""
    try:
        os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
    except PermissionError as error:
        raise BenchError("no right to a real-time priority: run as root") from error


class Tools:
    """The programs of a build directory."""

    def __init__(self, build):
        self.build = os.path.abspath(build)
        self.birl = os.environ.get("BIRL", os.path.join(self.build, "birl"))

    def path(self, name):
        return os.path.join(self.build, name)


class Fifo:
    """Where spawn_probe tells when it got to run. Lines are read with a deadline."""

    def __init__(self, directory):
        self.path = os.path.join(directory, "probe.fifo")
        os.mkfifo(self.path)
        self._fd = os.open(self.path, os.O_RDWR)  # O_RDWR: never at its end between two writers
        self._rest = b""

    def line(self, seconds=30.0):
        deadline = time.monotonic() + seconds
        while b"\n" not in self._rest:
            ready, _, _ = select.select([self._fd], [], [], max(0.0, deadline - time.monotonic()))
            if not ready:
                raise BenchError("the probe does not answer")
            self._rest += os.read(self._fd, 65536)
        text, _, self._rest = self._rest.partition(b"\n")
        return text.decode().split()

    def start(self, seconds=30.0):
        """(pid, monotonic ns) of the next probe that got to run."""
        pid, when = self.line(seconds)
        return int(pid), int(when)

    def close(self):
        os.close(self._fd)


class Birl:
    """One instance with its own directories; `services` and `sinks` are TOML text."""

    def __init__(self, tools, directory, tables):
        self._tools = tools
        self.runtime = os.path.join(directory, "run")
        self.config = os.path.join(directory, "birl.toml")
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(f'[birl]\nruntime_directory = {quote(self.runtime)}\n{tables}')
        self.messages = open(os.path.join(directory, "birl.err"), "w+", encoding="utf-8")
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self._tools.birl, "run", "-c", self.config],
                                        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                        stderr=self.messages, start_new_session=True)
        return self.process.pid

    def status(self):
        output = subprocess.run(
            [self._tools.birl, "status", "--json", "--socket",
             os.path.join(self.runtime, "control.sock")], check=True, stdout=subprocess.PIPE,
            timeout=30).stdout
        return json.loads(output)

    def stop(self):
        if self.process and self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.messages.close()

    def last_messages(self):
        self.messages.seek(0)
        return self.messages.read()[-2000:]

    def wait(self):
        """(exit code, processor seconds of all that it ran, monotonic ns of the end)."""
        code, cpu, end = wait_with_cpu(self.process)
        if code != 0:
            raise BenchError(f"birl ended with {code}: {self.last_messages()}")
        return code, cpu, end


def quote(text):
    return json.dumps(text)  # a basic TOML string


def toml_list(items):
    return "[" + ", ".join(quote(item) for item in items) + "]"


def wait_with_cpu(process):
    """(exit code, processor seconds of the process and of what it waited for, monotonic ns)."""
    deadline = time.monotonic() + RUN_SECONDS_MAX
    handle = os.pidfd_open(process.pid)
    try:
        if not select.select([handle], [], [], deadline - time.monotonic())[0]:
            process.kill()
            raise BenchError(f"{process.args[0]} does not end")
    finally:
        os.close(handle)
    _, status, usage = os.wait4(process.pid, 0)
    end = time.monotonic_ns()
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_utime + usage.ru_stime, end


def await_text(path, text):
    """Returns when the file has it."""
    deadline = time.monotonic() + RUN_SECONDS_MAX
    while time.monotonic() < deadline:
        if os.path.exists(path):
            with open(path, encoding="utf-8", errors="replace") as file:
                if text in file.read():
                    return
        time.sleep(0.002)
    raise BenchError(f"{path} never says '{text}'")


def child_named(parent, name):
    """The pid of the child that runs `name`; asking birl itself would change what it holds."""
    with open(f"/proc/{parent}/task/{parent}/children", encoding="ascii") as file:
        for child in file.read().split():
            with open(f"/proc/{child}/comm", encoding="ascii") as comm:
                if comm.read().strip() == name[:15]:
                    return int(child)
    raise BenchError(f"{parent} runs no {name}")


def memory_kib(pid):
    """Proportional and private memory of a process."""
    sums = {}
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
        for line in file:
            name, _, rest = line.partition(":")
            if rest.strip().endswith("kB"):
                sums[name] = int(rest.split()[0])
    return {"pss": sums["Pss"], "private": sums["Private_Clean"] + sums["Private_Dirty"]}


class scratch_directory:
    """A directory for one run; on the disk of $TMPDIR, where logs would be too."""

    def __enter__(self):
        self._path = tempfile.mkdtemp(prefix="birl-bench.")
        return self._path

    def __exit__(self, *_):
        shutil.rmtree(self._path, ignore_errors=True)


class Recorder:
    """Collects the runs of one benchmark and gives medians per contestant."""

    def __init__(self, name):
        os.makedirs(RESULTS, exist_ok=True)
        self.name = name
        self.runs = []

    def add(self, contestant, **figures):
        run = {"bench": self.name, "contestant": contestant, "time": time.strftime("%FT%TZ", time.gmtime()),
               "load": os.getloadavg()[0], **figures}
        self.runs.append(run)
        with open(os.path.join(RESULTS, self.name + ".jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(run) + "\n")
        shown = " ".join(f"{key}={value:.4g}" for key, value in figures.items()
                         if isinstance(value, (int, float)))
        print(f"{self.name}: {contestant}: {shown}", flush=True)

    def values(self, contestant, figure):
        return [run[figure] for run in self.runs if run["contestant"] == contestant and figure in run]

    def median(self, contestant, figure):
        values = self.values(contestant, figure)
        return statistics.median(values) if values else None

    def ratio(self, over, under, figure):
        """The median of the ratios of runs that stood side by side."""
        pairs = zip(self.values(over, figure), self.values(under, figure))
        ratios = [a / b for a, b in pairs if b]
        return statistics.median(ratios) if ratios else None
