"""The images under test, built once per storage and binary."""
import os

import engine

# Which build Debian's image takes its two programs from: build/release, or what `./dev test` has built.
BUILD = os.environ.get("BIRL_CONTAINER_BUILD", "release")


def build_images(*names):
    """Layers are kept, so that only what has changed is built."""
    for name in names:
        flags = ["--build-arg", f"BUILD={BUILD}"] if name == "debian" else []
        engine.build(f"birl:{name}", f"docker/{name}/Dockerfile", ".", *flags)
