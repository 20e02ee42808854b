"""Every source of a room has a test that names it.

A test names a file when it includes its header, is called after it (ring_reader_test.cpp), or has its
path in a comment. A .cpp and the .h beside it are one source.
"""
import os
import re

from source_tree import ROOMS, Finding, is_in


def find(tree, _options):
    tests = [path for path in tree.paths if is_in(path, "tests") and not is_in(path, "tests/tidy")
             and os.path.basename(path) != "CMakeLists.txt"]
    text = "\n".join(tree.text(path) for path in tests)
    named = set(re.findall(r"\b((?:" + "|".join(ROOMS + ("bench",)) + r")/[\w./-]+\.(?:h|cpp))", text))
    named_stems = {os.path.splitext(path)[0] for path in named}
    test_names = {os.path.basename(path).rpartition("_test.")[0] for path in tests}
    sources = {os.path.splitext(path)[0]: path for path in tree.cpp()
               if is_in(path, *ROOMS, "bench")}
    for stem, path in sources.items():
        if stem not in named_stems and os.path.basename(stem) not in test_names:
            yield Finding(path, f"{path}: no test names it")
