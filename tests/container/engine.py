"""A container engine with a storage of its own: podman with runc, images built by buildah.

Nothing is fetched from anywhere but Debian's package archive: the base images are made here
(bases.py) and carry the names that the Dockerfiles ask for, in this storage alone.
"""
import contextlib
import json
import os
import subprocess
import time
import uuid

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
STORAGE = os.environ.get("BIRL_CONTAINER_STORAGE", os.path.join(TOP, "build", "container"))
# Hosts differ in what a container may raise its limits to; birl must do with little.
LIMITS = ["--ulimit", "nofile=1024:20000", "--ulimit", "nproc=1000:1000"]


class EngineError(Exception):
    """A command of the engine failed; its text is what it wrote."""


def storage_flags():
    return ["--root", os.path.join(STORAGE, "root"), "--runroot", os.path.join(STORAGE, "run")]


def call(*words, check=True, timeout=120, text=True):
    result = subprocess.run(words, capture_output=True, text=text, timeout=timeout, check=False)
    if check and result.returncode != 0:
        raise EngineError(f"{' '.join(words)}: exit {result.returncode}\n{result.stdout}\n{result.stderr}")
    return result


def podman(*words, runtime="runc", **options):
    return call("podman", *storage_flags(), "--runtime", runtime, *words, **options)


def build(tag, dockerfile, context, *flags):
    """As docker build does; docker's image format, for HEALTHCHECK."""
    call("buildah", *storage_flags(), "bud", "--isolation", "chroot", "--network", "host", "--format", "docker",
         "--pull-never", "--layers", *flags, "-t", tag, "-f", os.path.join(TOP, dockerfile),
         os.path.join(TOP, context), timeout=3600)
    return tag


def image_exists(tag):
    return podman("image", "exists", tag, check=False).returncode == 0


def image_bytes(tag):
    return json.loads(podman("image", "inspect", tag).stdout)[0]["Size"]


def eventually(condition, what, seconds=30):
    """What `condition` returns once it is true; a generous bound, for machines that do much else."""
    end = time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {seconds} s: {what}")
        time.sleep(0.05)


class Container:
    """One container, removed at the end. `flags` are podman's, `words` the command."""

    def __init__(self, image, *words, flags=()):
        self.name = f"birl-test-{uuid.uuid4().hex[:12]}"
        podman("create", "--name", self.name, *LIMITS, *flags, image, *words)
        podman("start", self.name)

    def close(self):
        podman("rm", "--force", "--time", "0", self.name, check=False)

    def exec(self, *words, check=True):
        return podman("exec", self.name, *words, check=check)

    def birl(self, *words, check=True):
        return self.exec("/usr/bin/birl", *words, check=check)

    def status(self):
        result = self.birl("status", "--json", check=False)
        return json.loads(result.stdout) if result.returncode == 0 else None

    def service(self, name):
        status = self.status()
        found = [one for one in status["services"] if one["name"] == name] if status else []
        return found[0] if found else None

    def wait_service(self, name, predicate, what):
        def look():
            service = self.service(name)
            return service if service and predicate(service) else None
        return eventually(look, f"{name}: {what}")

    def wait_running(self, name):
        return self.wait_service(name, lambda service: service["state"] == "running", "running")

    def state(self):
        return json.loads(podman("inspect", self.name).stdout)[0]["State"]

    def running(self):
        return self.state()["Running"]

    def wait_exit(self, seconds=30):
        eventually(lambda: not self.running(), "the container ends", seconds)
        return self.state()["ExitCode"]

    def stop(self, grace=10):
        begun = time.monotonic()
        podman("stop", "--time", str(grace), self.name, timeout=grace + 60)
        return time.monotonic() - begun

    def logs(self):
        result = podman("logs", self.name)
        return result.stdout + result.stderr

    def port(self, inside):
        return int(podman("port", self.name, str(inside)).stdout.strip().rpartition(":")[2])


@contextlib.contextmanager
def running(image, *words, flags=()):
    container = Container(image, *words, flags=flags)
    try:
        yield container
    except Exception:
        print(container.logs())
        raise
    finally:
        container.close()
