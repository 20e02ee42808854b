#!/usr/bin/env python3
"""Every rule of tests/tidy finds what it is for, and leaves alone what is right."""
import argparse
import importlib
import os
import shutil
import tempfile
import unittest

import cpp_text
from allow_list import AllowList
from source_tree import SourceTree


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.root = tempfile.mkdtemp()
        self.addCleanup(shutil.rmtree, self.root)

    def keys(self, rule, files, binary=None):
        for path, text in files.items():
            full = os.path.join(self.root, path)
            os.makedirs(os.path.dirname(full), exist_ok=True)
            with open(full, "w", encoding="utf-8") as file:
                file.write(text)
        module = importlib.import_module("rule_" + rule)
        found = module.find(SourceTree(self.root), argparse.Namespace(binary=binary))
        return sorted({finding.key for finding in found})


class ArrowsTest(TidyTest):
    def test_pid_1_may_not_include_the_router(self):
        files = {"logging/router/graph.h": "", "logging/handoff/ring.h": "",
                 "supervisor/init.cpp": '#include "logging/router/graph.h"\n'
                                        '#include "logging/handoff/ring.h"\n',
                 "supervisor/router_roles.cpp": '#include "logging/router/graph.h"\n'}
        self.assertEqual(self.keys("arrows", files), ["supervisor/init.cpp:logging/router/graph.h"])

    def test_no_arrow_points_to_the_right(self):
        files = {"shippers/a.h": "", "logging/b.h": '#include "shippers/a.h"\n',
                 "base/c.h": '  #  include "logging/b.h"\n',
                 "logging/handoff/d.h": '#include "logging/b.h"\n', "tests/a_test.cpp": "",
                 "shippers/e.cpp": '#include "tests/a_test.cpp"\n'}
        self.assertEqual(self.keys("arrows", files),
                         ["base/c.h:logging/b.h", "logging/b.h:shippers/a.h",
                          "logging/handoff/d.h:logging/b.h", "shippers/e.cpp:tests/a_test.cpp"])

    def test_pure_folders_touch_no_system(self):
        files = {"supervisor/machine/a.h": "#include <uv.h>\n#include <sys/mman.h>\n#include <sys/wait.h>\n"}
        self.assertEqual(self.keys("arrows", files),
                         ["supervisor/machine/a.h:sys/mman.h", "supervisor/machine/a.h:uv.h"])

    def test_an_include_that_is_no_path_from_the_root(self):
        self.assertEqual(self.keys("arrows", {"base/a.cpp": '#include "b.h"\n', "base/b.h": ""}),
                         ["base/a.cpp:b.h"])


class SizesTest(TidyTest):
    def test_a_long_file_and_a_long_function(self):
        body = "  int a = 0;\n" * 69
        files = {"base/a.cpp": "\n" * 401, "base/b.cpp": f"int g() {{\n{body}}}\n",
                 "base/c.cpp": f"int g() {{\n{body[:-13]}}}\n"}
        self.assertEqual(self.keys("sizes", files), ["base/a.cpp", "base/b.cpp:g"])

    def test_functions_are_found_in_every_dress(self):
        text = '''
namespace a {
struct S final : B {
  S(int a) : a_{a}, b_(f({a})) { run(); }
  int get() const noexcept override {
    return 1;
  }
  int a_{0};
  std::function<void()> f = [] { run(); };
};
constexpr std::array<int, 2> kTable{{1, 2}};
enum class E { kOne };
const char* text() { return "}{"; }  // a brace {
template <typename T>
auto outer(T t) -> int {
  if (t) { return 2; }
  auto inner = [&](int x) { return x; };
  return inner(1);
}
bool S::operator==(const S& o) const { return true; }
}
'''
        self.assertEqual(cpp_text.functions(text),
                         [("S", 4, 4), ("get", 5, 7), ("text", 13, 13), ("outer", 14, 19),
                          ("S::operator==", 20, 20)])


class BannedTest(TidyTest):
    def test_each_banned_word_in_its_place(self):
        files = {"supervisor/a.cpp": "void f() { ::getpwnam(x); std::thread t; uv_fs_open(); }",
                 "logging/a.cpp": "int* p = new int; delete p; throw 1; std::shared_ptr<int> q;",
                 "tests/a_test.cpp": "void f() { std::this_thread::sleep_for(x); usleep(1); }",
                 "base/a.cpp": "// TODO later\nint x = sprintf(a, b); assert(x);"}
        self.assertEqual(self.keys("banned", files), [
            "base/a.cpp:TODO", "base/a.cpp:assert", "base/a.cpp:sprintf", "logging/a.cpp:delete",
            "logging/a.cpp:new", "logging/a.cpp:std::shared_ptr", "logging/a.cpp:throw",
            "supervisor/a.cpp:getpwnam", "supervisor/a.cpp:std::thread", "supervisor/a.cpp:uv_fs_open",
            "tests/a_test.cpp:sleep_for", "tests/a_test.cpp:usleep"])

    def test_words_that_only_look_alike(self):
        files = {"logging/a.cpp": '// a new file; delete it, system(x)\nS(const S&) = delete;\n'
                                  'auto s = "new int"; x.system(1); file_system(2); snprintf(a);\n'
                                  'static_assert(true); void* operator new(size_t);\n'
                                  'return std::unique_ptr<A>(new A(1));\n'
                                  'std::unique_ptr<A> a(new A(1));\n'
                                  '// TODO(perf): faster\n'}
        self.assertEqual(self.keys("banned", files), [])


class TestedTest(TidyTest):
    def test_a_source_without_a_test(self):
        files = {"base/a.h": "", "base/a.cpp": "", "base/b.cpp": "", "base/c.cpp": "", "base/d.cpp": "",
                 "tests/base/x_test.cpp": '#include "base/a.h"\n// covers base/d.cpp\n',
                 "tests/base/b_test.cpp": ""}
        self.assertEqual(self.keys("tested", files), ["base/c.cpp"])


class PathsTest(TidyTest):
    def test_dead_paths_in_markdown_and_comments(self):
        files = {"README.md": "see `base/a.h`, base/gone.h, build/release/birl and base/NAME.\n",
                 "base/a.h": "// pairs with b.cpp and gone.cpp, sys/socket.h\nint x = gone_too.h;\n",
                 "base/b.cpp": "", "dev.sh": "#!/bin/sh\n# see bench/gone\n"}
        self.assertEqual(self.keys("paths", files),
                         ["README.md:base/NAME", "README.md:base/gone.h", "base/a.h:gone.cpp",
                          "dev.sh:bench/gone"])


class ListedTest(TidyTest):
    def test_a_source_in_no_list_and_a_glob(self):
        files = {"base/CMakeLists.txt": "add_library(base\n a.cpp # b.cpp\n)\n", "base/a.cpp": "",
                 "base/b.cpp": "", "base/c.cpp": "",
                 "tests/CMakeLists.txt": "x(${CMAKE_SOURCE_DIR}/base/c.cpp)\nfile(GLOB y *.h)\n"}
        self.assertEqual(self.keys("listed", files), ["base/b.cpp", "tests/CMakeLists.txt:GLOB"])


class NeededTest(TidyTest):
    def test_a_library_too_many(self):
        self.assertEqual(self.keys("needed", {}, binary="/bin/sh"), [])
        curl = shutil.which("openssl") or shutil.which("python3")
        self.assertNotEqual(self.keys("needed", {}, binary=curl), [])


@unittest.skipIf(shutil.which("clang-format-14") is None, "there is no clang-format-14")
class FormatTest(TidyTest):
    def test_a_file_that_is_not_formatted(self):
        files = {".clang-format": "BasedOnStyle: Google\n", "base/a.cpp": "int  x ;\n",
                 "base/b.cpp": "int x;\n"}
        self.assertEqual(self.keys("format", files), ["base/a.cpp"])


class AllowListTest(unittest.TestCase):
    def test_entries_need_a_rule_a_key_and_a_reason(self):
        allowed = AllowList("entries_max = 1\nsizes | a.cpp | a table of all codes\n"
                            "sizes | b.cpp\nsizes | c.cpp | short\nfoo | d.cpp | a long reason\n")
        self.assertEqual(allowed.entries, [("sizes", "a.cpp", "a table of all codes")])
        self.assertEqual(len(allowed.problems), 3)

    def test_it_may_only_shrink(self):
        entry = "sizes | a.cpp | a table of all codes\n"
        self.assertTrue(AllowList("entries_max = 0\n" + entry).problems)
        self.assertTrue(AllowList("entries_max = 2\n" + entry).problems)
        self.assertFalse(AllowList("entries_max = 1\n" + entry).problems)

    def test_an_entry_in_vain_is_told(self):
        allowed = AllowList("entries_max = 1\nsizes | a.cpp | a table of all codes\n")
        self.assertEqual(allowed.split("sizes", []), ([], ["a.cpp"]))


if __name__ == "__main__":
    unittest.main()
