"""Paths of the repository that Markdown and comments speak of are there."""
import os
import re

import cpp_text
from source_tree import FOLDERS, Finding

# A path from the root, or the name of a source file; no templates like NAME or *, no build trees.
_ROOTED = re.compile(r"(?<![\w/.$}-])((?:" + "|".join(map(re.escape, FOLDERS))
                     + r")/[\w./-]*\w)(?![\w/]*[<{*$])")
_FILE = re.compile(r"(?<![\w/.<*-])([\w/-]+\.(?:h|cpp|md))\b")
# Headers of the system that comments may name.
SYSTEM_DIRECTORIES = ("/usr/include", "/usr/include/x86_64-linux-gnu", "/usr/include/aarch64-linux-gnu")
EXAMPLES = ("self_test.py",)  # its paths are made up


def _is_system_header(name):
    return any(os.path.exists(os.path.join(folder, name)) for folder in SYSTEM_DIRECTORIES)


def _prose(tree, path):
    """(line number, text) of what people read in a file."""
    text = tree.text(path)
    if path.endswith(".md"):
        return enumerate(text.splitlines(), 1)
    if path.endswith((".h", ".cpp")):
        return ((line + offset, part) for line, comment in cpp_text.comments(text)
                for offset, part in enumerate(comment.splitlines()))
    return ((number, line[line.index("#"):]) for number, line in enumerate(text.splitlines(), 1)
            if re.search(r"(^|\s)#", line))


def find(tree, _options):
    endings = {"/" + path for path in tree.paths}
    readable = [path for path in tree.paths if path.endswith((".md", ".h", ".cpp", ".toml", ".txt"))
                or path in tree.scripts()]
    readable = [path for path in readable if os.path.basename(path) not in EXAMPLES]
    for path in readable:
        for line, text in _prose(tree, path):
            for named in _ROOTED.findall(text):
                if not tree.exists(named) and not any(
                        tree.exists(named + ending) for ending in (".h", ".cpp")):
                    yield Finding(f"{path}:{named}", f"{path}:{line}: there is no {named}")
            for named in _FILE.findall(text):
                known = any(ending.endswith("/" + named) for ending in endings)
                if not known and not _is_system_header(named) and not _ROOTED.match(named):
                    yield Finding(f"{path}:{named}", f"{path}:{line}: there is no file {named}")
