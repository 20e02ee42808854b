"""Calls and words that may not be used, each with its place and its reason."""
import re

import cpp_text
from source_tree import ROOMS, Finding, is_in

PID1 = ("base", "logging/handoff", "supervisor")
OWNERS = ("logging", "shippers", "supervisor", "bench")  # base owns kernel and libuv objects by hand
EVERYWHERE = ROOMS + ("bench", "tests")


def _call(names):
    # Not a member or a name in some other namespace: `x.system(`, `base::system(`. `::system(` is.
    return re.compile(r"(?<![\w.>])(?<!\w::)(?:std::)?\b(" + names + r")\s*\(")


BANS = (
    (_call("getpw(?:nam|uid)(?:_r)?|getgr(?:nam|gid)(?:_r)?|getgrouplist|initgroups"), PID1,
     "it goes through NSS; read /etc/passwd (base/accounts.h)"),
    (_call("getaddrinfo|gethostbyname|getnameinfo"), PID1, "it blocks and goes through NSS"),
    (_call("system|popen|vfork|wordexp"), ROOMS, "spawn through supervisor/process/spawn.h"),
    (re.compile(r"\b(uv_spawn|uv_fs_\w+|uv_getaddrinfo|uv_getnameinfo|uv_queue_work|uv_signal_\w+)"),
     PID1, "PID 1 uses libuv for poll and timers only"),
    (re.compile(r"\b(std::j?thread|std::async|pthread_create|thrd_create)\b"), ("supervisor",),
     "PID 1 has one thread"),
    (re.compile(r"\b(sleep_for|sleep_until)\b|" + _call("sleep|usleep|nanosleep").pattern), ("tests",),
     "tests wait for what they wait for, not for time to pass"),
    (re.compile(r"(?<!operator )\b(new)\b(?!\s*\()\s+[\w:]"), OWNERS,
     "own it by a member or make_unique"),
    (re.compile(r"(?<!= )(?<!operator )\b(delete)\b"), OWNERS, "own it by a unique_ptr"),
    (re.compile(r"\b(std::shared_ptr|std::make_shared|std::weak_ptr)\b"), ROOMS,
     "one owner; nothing is shared on the record path"),
    (_call("strcpy|strcat|sprintf|vsprintf|gets|strtok|rand|srand|localtime|gmtime"), EVERYWHERE,
     "it has no limit or is not safe among threads"),
    (_call("atoi|atol|atoll|atof"), ROOMS + ("bench",), "it cannot tell an error; base/text.h"),
    (_call("waitpid|kill|fork|sigaction"), ("supervisor/machine",), "the machine is pure"),
    (re.compile(r"\b(throw)\b"), ROOMS, "errors are base::Result"),
    (_call("assert"), EVERYWHERE, "ASSERT (base/check.h) is always on"),
    (re.compile(r"\b(using namespace)\b"), EVERYWHERE, "name what you use"),
)
# Owned in the same breath, where make_unique cannot reach a private constructor.
_OWNED_NEW = re.compile(r"unique_ptr<[^;{}()]+>\s*\w*\(\s*new\b")
_TODO = re.compile(r"\bTODO\b(?!\([a-z]+\):)")


def find(tree, _options):
    for path in tree.cpp():
        code = _OWNED_NEW.sub(lambda match: re.sub(r"[^\n]", " ", match.group(0)),
                              cpp_text.code_only(tree.text(path)))
        for pattern, folders, reason in BANS:
            if not is_in(path, *folders):
                continue
            for match in pattern.finditer(code):
                word = next(group for group in match.groups() if group)
                line = cpp_text.line_of(code, match.start())
                yield Finding(f"{path}:{word}", f"{path}:{line}: {word}: {reason}")
        for line, comment in cpp_text.comments(tree.text(path)):
            if _TODO.search(comment):
                yield Finding(f"{path}:TODO", f"{path}:{line}: a TODO carries a kind: TODO(perf):")
