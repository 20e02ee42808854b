"""Sources are formatted as .clang-format says, by clang-format 14 (other versions differ)."""
import os
import re
import shutil
import subprocess
import sys

from source_tree import Finding

SKIPPED = 77  # what ctest counts as skipped


def find(tree, _options):
    program = shutil.which("clang-format-14")
    if program is None:
        print("skipped: there is no clang-format-14")
        sys.exit(SKIPPED)
    paths = tree.cpp()
    output = subprocess.run([program, "--dry-run"] + [os.path.join(tree.root, p) for p in paths],
                            text=True, stderr=subprocess.PIPE, check=True).stderr
    wrong = set(re.findall(r"^(\S+?):\d+:\d+: warning:", output, re.M))
    for path in paths:
        if os.path.join(tree.root, path) in wrong:
            yield Finding(path, f"{path}: run clang-format-14 -i on it")
