"""The images under test, built once per storage and binary."""
import engine


def build_images(*names):
    """Layers are kept, so that only what has changed is built."""
    for name in names:
        engine.build(f"birl:{name}", f"docker/{name}/Dockerfile", ".")
