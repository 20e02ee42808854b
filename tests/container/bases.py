"""The base images: Debian from its package archive, and busybox in place of Alpine.

busybox stands in under Alpine's name: the images built on it show that birl's static file needs
nothing of the image, and that its scripts need no more than a POSIX shell.
"""
import os
import shutil
import subprocess
import tempfile

from engine import call, image_exists, podman

DEBIAN = "debian:bookworm-slim"
ALPINE = "alpine:3.20"


def import_tree(directory, tag):
    with tempfile.NamedTemporaryFile(suffix=".tar") as archive:
        call("tar", "-C", directory, "-cf", archive.name, ".", timeout=600)
        podman("import", archive.name, tag, timeout=600)


def make_debian():
    """BIRL_DEBIAN_ROOT may name a tree that debootstrap made before."""
    given = os.environ.get("BIRL_DEBIAN_ROOT")
    if given:
        import_tree(given, DEBIAN)
        return
    with tempfile.TemporaryDirectory() as directory:
        subprocess.run(["debootstrap", "--variant=minbase", "bookworm", directory], check=True,
                       stdout=subprocess.DEVNULL)
        import_tree(directory, DEBIAN)


def make_alpine():
    with tempfile.TemporaryDirectory() as directory:
        for name in ("bin", "dev", "etc", "proc", "sys", "tmp", "run", "var"):
            os.mkdir(os.path.join(directory, name))
        os.chmod(os.path.join(directory, "tmp"), 0o1777)
        shutil.copy("/bin/busybox", os.path.join(directory, "bin", "busybox"))
        applets = subprocess.run(["/bin/busybox", "--list"], capture_output=True, text=True, check=True)
        for applet in applets.stdout.split():
            if applet != "busybox":
                os.symlink("busybox", os.path.join(directory, "bin", applet))
        with open(os.path.join(directory, "etc", "passwd"), "w", encoding="utf-8") as accounts:
            accounts.write("root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/:/bin/false\n")
        import_tree(directory, ALPINE)


def make_bases():
    for tag, make in ((DEBIAN, make_debian), (ALPINE, make_alpine)):
        if not image_exists(tag):
            make()
