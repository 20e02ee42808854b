"""The images under test, built once per storage and binary."""
import engine

IMAGES = ("scratch", "alpine", "debian")


def build_images():
    """Layers are kept, so that only what has changed is built."""
    for name in IMAGES:
        engine.build(f"birl:{name}", f"docker/{name}/Dockerfile", ".")
