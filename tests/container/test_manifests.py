"""The examples that other programs than docker read: a Kubernetes manifest, a compose file.

podman plays the manifest and podman-compose the file; both through `runtime`, since neither can lower a
limit that the machine does not allow.
"""
import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
import unittest
import urllib.request

import engine
from bases import make_bases
from images import build_images

RUNTIME = os.path.join(os.path.dirname(os.path.abspath(__file__)), "runtime")
MANIFEST = os.path.join(engine.TOP, "docker/examples/kubernetes/deployment.yaml")
COMPOSE = os.path.join(engine.TOP, "docker/examples/compose/compose.yaml")


def setUpModule():
    make_bases()
    build_images("debian")


def podman(*words, **options):
    return engine.podman(*words, runtime=RUNTIME, **options)


class KubernetesTest(unittest.TestCase):
    POD = "shop-pod-0-shop"

    def play(self):
        """One pod of the two: podman gives each the host's port."""
        engine.build("shop:1", "docker/examples/kubernetes/Dockerfile", "docker/examples/kubernetes")
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        manifest = os.path.join(scratch.name, "deployment.yaml")
        with open(MANIFEST, encoding="utf-8") as source, open(manifest, "w", encoding="utf-8") as one:
            one.write(source.read().replace("replicas: 2", "replicas: 1"))
        self.addCleanup(podman, "kube", "down", manifest, check=False)
        podman("kube", "play", manifest)

    def exec(self, *words, check=True):
        return podman("exec", self.POD, *words, check=check)

    def test_the_pod_becomes_ready_on_a_read_only_root(self):
        self.play()
        engine.eventually(lambda: self.exec("birl", "healthy", check=False).returncode == 0, "the pod is ready")
        self.assertEqual(self.exec("birl", "healthy", "--live").returncode, 0)
        self.assertNotEqual(self.exec("touch", "/file", check=False).returncode, 0)
        status = json.loads(self.exec("birl", "status", "--json").stdout)
        web = status["services"][0]
        self.assertEqual((status["pid"], web["name"], web["healthy"]), (1, "web", True))
        self.assertEqual(self.exec("sh", "-c", "id -u").stdout.strip(), "1000")

    def test_a_pod_ends_within_its_grace_period(self):
        self.play()
        engine.eventually(lambda: self.exec("birl", "healthy", check=False).returncode == 0, "ready")
        begun = time.monotonic()
        podman("stop", "--time", "30", self.POD)
        self.assertLess(time.monotonic() - begun, 25)
        self.assertEqual(json.loads(podman("inspect", self.POD).stdout)[0]["State"]["ExitCode"], 0)
        self.assertIn("closing", podman("logs", self.POD).stdout)


def free_port():
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return one.getsockname()[1]


@unittest.skipUnless(shutil.which("podman-compose"), "podman-compose is not installed")
class ComposeTest(unittest.TestCase):
    PROJECT = "birl-test-compose"

    def compose(self, *words, check=True):
        return subprocess.run(["podman-compose", "--podman-path", self.podman, "-p", self.PROJECT, "-f", COMPOSE, *words],
                              env={**os.environ, "SHOP_PORT": str(self.port)}, check=check, capture_output=True,
                              text=True, timeout=120)

    def setUp(self):
        engine.build(f"{self.PROJECT}_shop", "docker/examples/upstreams/Dockerfile", "docker/examples/upstreams",
                     "--target", "nginx")
        self.port = free_port()
        scratch = tempfile.TemporaryDirectory()
        self.addCleanup(scratch.cleanup)
        self.podman = os.path.join(scratch.name, "podman")
        with open(self.podman, "w", encoding="utf-8") as script:
            flags = " ".join(engine.storage_flags())
            script.write(f'#!/bin/sh\nexec podman {flags} --runtime {RUNTIME} "$@"\n')
        os.chmod(self.podman, 0o755)
        self.addCleanup(self.compose, "down", "-v", check=False)

    def test_the_shop_answers_and_its_spool_survives(self):
        for _ in range(2):
            self.compose("up", "-d", "--no-build")
            engine.eventually(self.answer, "an answer")
            name = f"{self.PROJECT}_shop_1"
            self.assertEqual(podman("exec", name, "birl", "healthy").returncode, 0)
            podman("exec", name, "sh", "-c", "echo kept >>/var/lib/birl/mark")
            self.compose("down")
        self.compose("up", "-d", "--no-build")
        engine.eventually(self.answer, "an answer")
        self.assertEqual(podman("exec", name, "cat", "/var/lib/birl/mark").stdout, "kept\nkept\n")

    def answer(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5) as response:
                return response.read().startswith(b"hello from port")
        except OSError:
            return None


if __name__ == "__main__":
    unittest.main()
