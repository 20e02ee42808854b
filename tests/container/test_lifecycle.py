"""birl as PID 1 of a real container: how it starts, survives, and ends; as the static file in busybox
(supervisor/single_file_main.cpp) and with its libraries in Debian. `-k Debian` chooses the latter.
"""
import os
import unittest

import engine
from bases import make_bases
from engine import podman, running
from images import build_images

CONFIG = """
[sink.console]
type = "console"
prefix = "{service} | "
[service.application]
primary = true
command = "trap 'echo bye; exit 9' TERM; echo up; while :; do sleep 0.1; done"
stop = { to = "process" }
[service.helper]
command = "echo helping; exec sleep 1000"
"""
ROUNDS = int(os.environ.get("BIRL_CONTAINER_ROUNDS", "100"))


def setUpModule():
    make_bases()


def with_config(text):
    """The environment's TOML, so that a test needs no image of its own."""
    return ["-e", f"BIRL_SET={text}"]


def kill(container, name, signal="KILL"):
    """Kills from inside, by pid: what a crash looks like to birl."""
    container.exec("sh", "-c", f"kill -s {signal} {container.service(name)['pid']}")


class Lifecycle:
    """Of `image`, which whoever mixes this in names."""

    def test_pid_1_is_birl(self):
        with running(self.image, flags=with_config(CONFIG)) as container:
            container.wait_running("helper")
            self.assertEqual(container.exec("cat", "/proc/1/comm").stdout.strip(), "init")
            self.assertEqual(container.status()["pid"], 1)

    def test_stop_is_in_order_and_within_the_grace_period(self):
        with running(self.image, flags=with_config(CONFIG)) as container:
            container.wait_running("helper")
            self.assertLess(container.stop(), 5)
            self.assertEqual(container.state()["ExitCode"], 9)
            self.assertIn("application | bye", container.logs())

    def test_what_ignores_term_is_killed_before_the_engine_does_it(self):
        stubborn = CONFIG.replace("echo bye; exit 9", "echo no").replace(
            '[service.helper]', '[birl]\nshutdown_timeout = "3s"\n[service.helper]')
        with running(self.image, flags=with_config(stubborn)) as container:
            container.wait_running("application")
            self.assertLess(container.stop(), 6)
            self.assertEqual(container.state()["ExitCode"], 128 + 9)

    def test_a_killed_secondary_comes_back(self):
        with running(self.image, flags=with_config(CONFIG)) as container:
            first = container.wait_running("helper")["pid"]
            kill(container, "helper")
            container.wait_service("helper", lambda s: s["state"] == "running" and s["pid"] != first, "a new one")
            self.assertEqual(container.service("application")["restarts"], 0)

    def test_a_killed_primary_ends_the_container(self):
        with running(self.image, flags=with_config(CONFIG)) as container:
            container.wait_running("application")
            kill(container, "application")
            self.assertEqual(container.wait_exit(), 128 + 9)

    def test_a_killed_router_is_replaced_and_no_line_is_lost(self):
        lines = 20_000
        counting = f"""
[service.counter]
primary = true
command = "i=0; while [ $i -lt {lines} ]; do echo line $i; i=$((i+1)); done; sleep 1"
"""
        with running(self.image, flags=with_config(counting)) as container:
            container.wait_running("counter")
            for _ in range(5):
                status = container.status()
                if status is None or not status["router"]["pid"]:
                    break
                container.exec("sh", "-c", f"kill -9 {status['router']['pid']}", check=False)
            self.assertEqual(container.wait_exit(60), 0)
            seen = [line for line in container.logs().split("\n") if line.startswith("line ")]
            numbers = sorted({int(line.split()[1]) for line in seen})
            self.assertEqual(numbers, list(range(lines)))  # the console is at least once

    def test_the_same_container_starts_again(self):
        with running(self.image, flags=with_config(CONFIG)) as container:
            for _ in range(2):
                container.wait_running("helper")
                container.stop()
                self.assertEqual(container.state()["ExitCode"], 9)
                podman("start", container.name)
            container.wait_running("helper")

    def test_many_starts_and_stops_leave_nothing(self):
        for _ in range(ROUNDS):
            result = podman("run", "--rm", *engine.LIMITS, self.image, "true")
            self.assertEqual((result.returncode, result.stdout), (0, ""))
            self.assertNotIn("birl: ", result.stderr)      # the engine may have its own worries
        names = podman("ps", "--all", "--format", "{{.Names}}").stdout.split()
        self.assertEqual([name for name in names if not name.startswith("birl-test-")], [])


class Worlds:
    """What hosts take from a container of `image`."""

    def check_works(self, *flags):
        with running(self.image, flags=[*flags, *with_config(CONFIG)]) as container:
            container.wait_running("helper")
            container.stop()
            self.assertEqual(container.state()["ExitCode"], 9)
            logs = container.logs()
            self.assertIn("application | up", logs)
            return logs

    def test_a_read_only_root(self):
        self.check_works("--read-only", "--tmpfs", "/run")

    def test_a_read_only_root_as_docker_makes_it(self):
        self.check_works("--read-only", "--read-only-tmpfs=false")

    def test_without_any_place_to_write_it_says_so(self):
        result = podman("run", "--rm", "--read-only", "--read-only-tmpfs=false", "--tmpfs", "/dev/shm:ro",
                        *engine.LIMITS, self.image, "true", check=False)
        self.assertEqual(result.returncode, 1)
        self.assertIn("cannot make the runtime directory /run/birl: Read-only file system", result.stderr)

    def test_an_ordinary_user(self):
        self.check_works("--user", "1000")

    def test_an_ordinary_user_without_any_right(self):
        self.check_works("--user", "1000", "--cap-drop", "all", "--security-opt", "no-new-privileges", "--read-only")

    def test_no_network(self):
        self.check_works("--network", "none")

    def test_a_noexec_run(self):
        self.check_works("--tmpfs", "/run:rw,noexec,nosuid,nodev")

    def test_the_engines_log_is_what_the_services_wrote(self):
        with running(self.image, "sh", "-c", "echo out; echo err >&2; printf 'no newline'") as container:
            self.assertEqual(container.wait_exit(), 0)
            result = podman("logs", container.name)
            self.assertEqual((result.stdout, result.stderr), ("out\nno newline", "err\n"))

    def test_a_flood_in_little_memory(self):
        flood = """
[sink.files]
type = "file"
path = "/var/log/{service}/current"
rotate = { size = "1MiB", keep = 2 }
[service.flood]
command = "exec yes 'a line of a service that writes as fast as it can'"
log = ["files"]
[service.application]
primary = true
command = "trap 'exit 9' TERM; while :; do sleep 0.1; done"
stop = { to = "process" }
"""
        with running(self.image, flags=["--memory", "32m", "--memory-swap", "32m", *with_config(flood)]) as container:
            def much_is_written():
                status = container.status()
                sinks = {sink["name"]: sink for sink in status["sinks"]} if status else {}
                return sinks.get("files", {}).get("delivered", 0) > 5_000_000
            engine.eventually(much_is_written, "five million lines", 120)
            status = container.status()
            self.assertEqual(status["router"]["restarts"], 0)
            self.assertEqual(container.service("application")["restarts"], 0)
            container.stop()
            self.assertEqual(container.state()["ExitCode"], 9)

    def test_health_follows_the_services(self):
        checked = CONFIG + """
[service.helper.ready]
file = "/run/helper.ready"
"""
        with running(self.image, flags=with_config(checked)) as container:
            container.wait_running("application")
            self.assertNotEqual(podman("healthcheck", "run", container.name, check=False).returncode, 0)
            container.exec("sh", "-c", "touch /run/helper.ready")
            engine.eventually(lambda: podman("healthcheck", "run", container.name, check=False).returncode == 0,
                              "healthy")


class OnAlpine:
    image = "birl:alpine"

    @classmethod
    def setUpClass(cls):
        build_images("alpine")


class OnDebian:
    image = "birl:debian"

    @classmethod
    def setUpClass(cls):
        build_images("debian")


class AlpineLifecycleTest(OnAlpine, Lifecycle, unittest.TestCase):
    pass


class AlpineWorldsTest(OnAlpine, Worlds, unittest.TestCase):
    pass


class DebianLifecycleTest(OnDebian, Lifecycle, unittest.TestCase):
    pass


class DebianWorldsTest(OnDebian, Worlds, unittest.TestCase):
    pass


class ScratchTest(unittest.TestCase):
    def test_an_image_with_nothing_in_it(self):
        build_images("scratch")
        result = podman("run", "--rm", *engine.LIMITS, "birl:scratch", "birl", "check", check=False)
        self.assertIn(result.returncode, (0, 2), result.stderr)
        result = podman("run", "--rm", *engine.LIMITS, "birl:scratch", "/usr/bin/birl", "version", check=False)
        self.assertEqual((result.returncode, result.stdout.split()[0]), (0, "birl"))


if __name__ == "__main__":
    unittest.main()
