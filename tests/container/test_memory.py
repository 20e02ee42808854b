"""What an idle container costs: birl's two processes beside tini with s6, each with two logged services.

The figures are printed, RSS and PSS of all processes but the services.
"""
import os
import unittest

import engine
from bases import make_bases
from engine import running
from images import build_images

CONFIG = """
[sink.files]
type = "file"
path = "/var/log/{service}/current"
[service.one]
command = ["sleep", "1000"]
log = ["files"]
[service.two]
command = ["sleep", "1000"]
log = ["files"]
"""


def setUpModule():
    make_bases()
    build_images("alpine", "debian")


def processes(container):
    """(name, pid) of all in the container's PID namespace, as the host sees them."""
    space = os.readlink(f"/proc/{container.state()['Pid']}/ns/pid")
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/ns/pid") == space:
                with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
                    found.append((comm.read().strip(), int(pid)))
        except OSError:
            pass  # it has ended, or it is nobody's that may be looked at
    return found


def memory_kib(pid):
    with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as rollup:
        fields = {line.split(":")[0]: line.split()[1] for line in rollup if line.endswith("kB\n")}
    return int(fields["Rss"]), int(fields["Pss"])


class MemoryTest(unittest.TestCase):
    def measure(self, what, container, sleeps=2):
        def complete():
            now = processes(container)
            return now if len([name for name, _ in now if name == "sleep"]) == sleeps else None
        found = [one for one in engine.eventually(complete, "the services run") if one[0] != "sleep"]
        sums = [sum(column) for column in zip(*(memory_kib(pid) for _, pid in found))]
        names = ", ".join(sorted(name for name, _ in found))
        print(f"{what}: {len(found)} processes ({names}), RSS {sums[0]:,} KiB, PSS {sums[1]:,} KiB")

    def test_idle(self):
        with running("birl:alpine", flags=["-e", f"BIRL_SET={CONFIG}"]) as container:
            container.wait_running("two")
            self.measure("birl, static", container)
        with running("birl:debian", flags=["-e", f"BIRL_SET={CONFIG}"]) as container:
            container.wait_running("two")
            self.measure("birl, dynamic", container)
        peer = engine.build("birl-test-s6", "tests/container/peers/s6.Dockerfile", "tests/container/peers")
        with running(peer) as container:
            self.measure("tini and s6", container)


if __name__ == "__main__":
    unittest.main()
