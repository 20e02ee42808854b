"""The images themselves: they build, they are small, and birl is in them what it should be."""
import json
import unittest

import engine
from bases import ALPINE, DEBIAN, make_bases
from images import build_images

# What birl adds to an image that needs none of its libraries; it is to be 4 MiB: docker/README.md,
# "The static file".
OVERHEAD_MAX = 4352 * 1024


def setUpModule():
    make_bases()
    build_images("scratch", "alpine", "debian")


class ImagesTest(unittest.TestCase):
    def test_the_static_ones_add_little(self):
        scratch = engine.image_bytes("birl:scratch")
        alpine = engine.image_bytes("birl:alpine") - engine.image_bytes(ALPINE)
        debian = engine.image_bytes("birl:debian") - engine.image_bytes(DEBIAN)
        print(f"bytes added: scratch {scratch:,}, alpine {alpine:,}, debian {debian:,} (with its libraries)")
        self.assertLess(scratch, OVERHEAD_MAX)
        self.assertLess(alpine, OVERHEAD_MAX)

    def test_they_say_how_they_were_built(self):
        for image, kind in (("birl:scratch", "static"), ("birl:alpine", "static"), ("birl:debian", "dynamic")):
            result = engine.podman("run", "--rm", *engine.LIMITS, image, "birl", "version", "--json")
            self.assertEqual(json.loads(result.stdout)["build"], kind, image)

    def test_without_anything_to_run_they_say_so(self):
        for image in ("birl:scratch", "birl:alpine", "birl:debian"):
            result = engine.podman("run", "--rm", *engine.LIMITS, image, check=False)
            self.assertEqual(result.returncode, 2, image)
            self.assertIn("cannot run anything", result.stderr)

    def test_a_command_is_the_primary(self):
        for image in ("birl:alpine", "birl:debian"):
            result = engine.podman("run", "--rm", *engine.LIMITS, image, "sh", "-c", "echo $$ $PPID; exit 7",
                                   check=False)
            self.assertEqual(result.returncode, 7, image)
            self.assertEqual(result.stdout.split()[1], "1", image)

    def test_a_child_image_adds_files_and_replaces_its_parents(self):
        parent = engine.build("birl-test-parent", "tests/container/layers/parent.Dockerfile", "tests/container/layers")
        child = engine.build("birl-test-child", "tests/container/layers/child.Dockerfile", "tests/container/layers")
        result = engine.podman("run", "--rm", *engine.LIMITS, parent, check=False)
        self.assertEqual((result.returncode, sorted(result.stdout.split("\n")[:2])),
                         (3, ["init of the parent", "parent's application"]))
        result = engine.podman("run", "--rm", *engine.LIMITS, child, check=False)
        lines = result.stdout.split("\n")
        self.assertEqual((result.returncode, sorted(lines[:3])),
                         (4, ["child's application", "init of the child", "second init of the child"]))
        self.assertIn("finish of the child", lines)


if __name__ == "__main__":
    unittest.main()
