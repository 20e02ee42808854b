"""allow.txt: offences that are known and stay for a reason. It may only shrink.

A line is `RULE | KEY | REASON`. An entry that no longer matches an offence is itself an error, and
so is one more entry than the first line allows; raising that number needs a reason in the commit.
"""
import os

PATH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "allow.txt")
RULES = ("arrows", "banned", "format", "listed", "needed", "paths", "sizes", "tested")


class AllowList:
    def __init__(self, text):
        self.entries = []  # (rule, key, reason)
        self.problems = []
        self.entries_max = None
        for number, line in enumerate(text.splitlines(), 1):
            line = line.strip()
            if line.startswith("entries_max ="):
                self.entries_max = int(line.partition("=")[2])
            elif line and not line.startswith("#"):
                self._add(number, [part.strip() for part in line.split("|")])
        self._check_count()

    def _add(self, number, parts):
        if len(parts) != 3 or not all(parts):
            self.problems.append(f"line {number}: cannot read it; write RULE | KEY | REASON")
        elif parts[0] not in RULES:
            self.problems.append(f"line {number}: no rule {parts[0]}")
        elif len(parts[2]) < 10:
            self.problems.append(f"line {number}: \"{parts[2]}\" is no reason")
        else:
            self.entries.append(tuple(parts))

    def _check_count(self):
        if self.entries_max is None:
            self.problems.append("cannot find `entries_max = N`")
        elif len(self.entries) > self.entries_max:
            self.problems.append(
                f"{len(self.entries)} entries are more than entries_max = {self.entries_max}")
        elif len(self.entries) < self.entries_max:
            self.problems.append(
                f"it shrank to {len(self.entries)} entries: set entries_max to that")

    def split(self, rule, findings):
        """(the findings that are not allowed, the keys that are allowed in vain)."""
        allowed = {key for entry_rule, key, _ in self.entries if entry_rule == rule}
        keys = {finding.key for finding in findings}
        return [f for f in findings if f.key not in allowed], sorted(allowed - keys)
