"""Source lists are explicit and complete: every .cpp stands in a CMakeLists.txt, nothing is globbed."""
import os
import re

from source_tree import Finding


def find(tree, _options):
    listed = set()
    for path in tree.paths:
        if os.path.basename(path) != "CMakeLists.txt" and not path.endswith(".cmake"):
            continue
        text = re.sub(r"#.*", "", tree.text(path))
        if re.search(r"\bfile\s*\(\s*GLOB", text):
            yield Finding(f"{path}:GLOB", f"{path}: lists its sources by GLOB; name them")
        for name in re.findall(r"[\w./${}-]+\.cpp\b", text):
            rooted = re.sub(r"^\$\{(CMAKE|PROJECT)_SOURCE_DIR\}/", "/", name)
            folder = "" if rooted.startswith("/") else os.path.dirname(path)
            rooted = rooted.replace("${CMAKE_CURRENT_SOURCE_DIR}/", "")
            listed.add(os.path.normpath(os.path.join(folder, rooted.lstrip("/"))))
    for path in tree.paths:
        if path.endswith(".cpp") and path not in listed:
            yield Finding(path, f"{path} is in no CMakeLists.txt")
