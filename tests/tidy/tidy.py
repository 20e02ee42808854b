#!/usr/bin/env python3
"""Holds the rules of the house by machine: tidy.py RULE [--root DIRECTORY] [--binary BIRL].

Exit 0: nothing found that allow.txt does not allow; 1: something; 77: the rule cannot run here.
`tidy.py all` runs every rule, `tidy.py allow` checks allow.txt itself.
"""
import argparse
import importlib
import os
import sys

import allow_list
from source_tree import SourceTree

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


def run_rule(rule, tree, options, allowed):
    module = importlib.import_module("rule_" + rule)
    findings, in_vain = allowed.split(rule, list(module.find(tree, options)))
    for finding in findings:
        print(f"tidy.{rule}: {finding.message}")
    for key in in_vain:
        print(f"tidy.{rule}: allow.txt allows {key} in vain: take the entry out")
    if findings:
        print(f"{len(findings)} found. {module.__doc__.strip().splitlines()[0]}\n"
              f"Mend it; or, for a reason, add to tests/tidy/allow.txt:")
        for key in sorted({finding.key for finding in findings}):
            print(f"  {rule} | {key} | REASON")
    return not findings and not in_vain


def check_allow_list(allowed):
    for problem in allowed.problems:
        print(f"tests/tidy/allow.txt: {problem}")
    return not allowed.problems


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("rule", choices=allow_list.RULES + ("allow", "all"))
    parser.add_argument("--root", default=ROOT)
    parser.add_argument("--binary", help="the birl executable, for the rule `needed`")
    options = parser.parse_args()
    with open(allow_list.PATH, encoding="utf-8") as file:
        allowed = allow_list.AllowList(file.read())
    tree = SourceTree(options.root)
    if options.rule == "allow":
        return check_allow_list(allowed)
    if options.rule != "all":
        return run_rule(options.rule, tree, options, allowed)
    rules = [rule for rule in allow_list.RULES if rule != "needed" or options.binary]
    results = [run_rule(rule, tree, options, allowed) for rule in rules]
    return all(results) and check_allow_list(allowed)


if __name__ == "__main__":
    sys.exit(0 if main() else 1)
