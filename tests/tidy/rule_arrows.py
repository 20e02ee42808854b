"""Who may include whom: base <- logging/handoff <- logging <- shippers <- supervisor."""
import re

from source_tree import ROOMS, Finding, is_in

# The first row that a file's path begins with says what it may include. PID 1 links of logging only
# the handoff and plain configuration data; the router's main puts everything together.
ARROWS = (
    ("base", ("base",)),
    # The ends of a ring that only the router links count newlines.
    ("logging/handoff", ("base", "logging/handoff", "logging/parse/newlines.h")),
    ("logging", ("base", "logging")),
    ("shippers", ("base", "logging", "shippers")),
    ("supervisor/router_roles.cpp", ROOMS),
    # What birl-config alone runs: it compiles pipelines to say what is wrong with them.
    ("supervisor/config/validate_pipeline.cpp", ("base", "logging", "supervisor")),
    ("supervisor/config/test_run.cpp", ("base", "logging", "supervisor")),
    ("supervisor/machine", ("base", "logging/sink_config.h", "supervisor/machine",
                            "supervisor/config/config.h")),
    ("supervisor", ("base", "logging/handoff", "logging/sink_config.h", "supervisor")),
    ("bench/record_bench.cpp", ("base", "logging")),
    ("bench/ship_bench.cpp", ("base", "logging", "shippers")),
    ("bench", ("base", "bench")),
    ("tests", ROOMS + ("tests", "bench")),
)
# Headers of the system that some folders may not touch: their code is pure. sys/types.h has types
# only, and of sys/wait.h they use the macros.
PURE = ("supervisor/machine", "logging/parse", "shippers/delivery")
EFFECTS = re.compile(r"^(uv|unistd|fcntl|signal|csignal|sys/(?!types|wait).*|poll|curl/.*)\.?h?$")

_QUOTED = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
_SYSTEM = re.compile(r"^\s*#\s*include\s+<([^>]+)>", re.M)


def allowed_for(path):
    for prefix, allowed in ARROWS:
        if is_in(path, prefix):
            return allowed
    return ()


def find(tree, _options):
    for path in tree.cpp():
        for included in _QUOTED.findall(tree.text(path)):
            key = f"{path}:{included}"
            if not tree.exists(included):
                yield Finding(key, f"{path} includes \"{included}\", which is no path from the root")
            elif not is_in(included, *allowed_for(path)):
                yield Finding(key, f"{path} may not include {included}; only "
                              + ", ".join(allowed_for(path)))
        if is_in(path, *PURE):
            for included in _SYSTEM.findall(tree.text(path)):
                if EFFECTS.match(included):
                    yield Finding(f"{path}:{included}", f"{path} is pure: no <{included}>")
