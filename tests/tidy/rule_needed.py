"""PID 1 must not die, and must start fast: birl needs only these shared libraries."""
import re
import subprocess

from source_tree import Finding

ALLOWED = re.compile(r"^(libc|libm|libstdc\+\+|libgcc_s|libuv|libfmt|ld-linux[\w-]*|linux-vdso)\.so")


def find(_tree, options):
    output = subprocess.run(["readelf", "-d", options.binary], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    needed = re.findall(r"\(NEEDED\).*\[(.+)\]", output)
    print("needs " + " ".join(needed))
    if not needed and "Dynamic section" in output:
        yield Finding("NEEDED", f"{options.binary}: cannot find what it needs")
    for library in needed:
        if not ALLOWED.match(library):
            yield Finding(library, f"{options.binary} needs {library}; birl-router may, birl may not")
