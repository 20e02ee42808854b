"""The files of the repository, read once.

Rules see paths relative to the root, in order. Build trees, hidden directories (but .ci) and what
git would ignore as a result are left out.
"""
import os

ROOMS = ("base", "logging", "shippers", "supervisor")
FOLDERS = ROOMS + ("tests", "bench", "docker", ".ci")
SKIPPED = {"build", "results", "__pycache__"}


class Finding:
    """One offence. `key` is what the allow-list names: a path, or path:what."""

    def __init__(self, key, message):
        self.key = key
        self.message = message


class SourceTree:
    def __init__(self, root):
        self.root = root
        self.paths = sorted(self._walk())
        self._texts = {}

    def _walk(self):
        for name in os.listdir(self.root):
            if os.path.isfile(os.path.join(self.root, name)):
                yield name
        for folder in FOLDERS:
            for directory, folders, names in os.walk(os.path.join(self.root, folder)):
                folders[:] = [name for name in folders if name not in SKIPPED]
                for name in names:
                    if not name.endswith(".pyc"):
                        yield os.path.relpath(os.path.join(directory, name), self.root)

    def text(self, path):
        if path not in self._texts:
            with open(os.path.join(self.root, path), encoding="utf-8", errors="replace") as file:
                self._texts[path] = file.read()
        return self._texts[path]

    def exists(self, path):
        return os.path.exists(os.path.join(self.root, path))

    def cpp(self):
        return [path for path in self.paths if path.endswith((".h", ".cpp"))]

    def scripts(self):
        """Python and shell files, by their ending or their first line."""
        return [path for path in self.paths if path.endswith((".py", ".sh")) or (
            "." not in os.path.basename(path) and self.text(path).startswith("#!"))]


def is_in(path, *folders):
    return any(path == folder or path.startswith(folder + "/") for folder in folders)
