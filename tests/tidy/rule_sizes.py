"""Files of at most 400 lines, functions of at most 70; prints the medians, which aim at 150 and 12.

The allow-list names path, or path:function.
"""
import statistics

import cpp_text
from source_tree import ROOMS, Finding, is_in

FILE_LINES_MAX = 400
FUNCTION_LINES_MAX = 70


def find(tree, _options):
    file_lines, function_lines, findings = [], [], []
    for path in tree.cpp() + tree.scripts():
        count = tree.text(path).count("\n")
        if is_in(path, *ROOMS):
            file_lines.append(count)
        if count > FILE_LINES_MAX:
            findings.append(Finding(path, f"{path} has {count} lines, more than {FILE_LINES_MAX}"))
    for path in tree.cpp():
        for name, first, last in cpp_text.functions(tree.text(path)):
            count = last - first + 1
            if is_in(path, *ROOMS):
                function_lines.append(count)
            if count > FUNCTION_LINES_MAX:
                findings.append(Finding(
                    f"{path}:{name}",
                    f"{path}:{first}: {name} has {count} lines, more than {FUNCTION_LINES_MAX}"))
    _print_medians(file_lines, function_lines)
    return findings


def _print_medians(file_lines, function_lines):
    for what, counts in (("file", file_lines), ("function", function_lines)):
        if len(counts) > 1:
            ninetieth = statistics.quantiles(counts, n=10)[-1]
            print(f"{what}s of the rooms: {len(counts)}, median {statistics.median(counts):.0f} "
                  f"lines, 90th percentile {ninetieth:.0f}, longest {max(counts)}")
