#!/usr/bin/env python3
"""Every check of tools/tidy finds what it should, and leaves alone what is right."""
import subprocess
import sys
import tempfile
import unittest
from importlib.machinery import SourceFileLoader
from pathlib import Path

TIDY = Path(__file__).resolve().parent / "tidy"
sys.dont_write_bytecode = True
tidy = SourceFileLoader("tidy", str(TIDY)).load_module()

README = """# core
## Layers
| folder | may include | what it is |
|---|---|---|
| `base` | | things |
| `net` | `base` | |
| `net/uv` | `net` | |
| `http` | `net` | |

## A request
`net/uv/tcp.cc` then `http/head.h`.

## A change
`http/head.h`.
"""
GOOD = {
    "core/README.md": README,
    "core/base/slice.h": "#pragma once\n",
    "core/http/head.h": '#pragma once\n#include "core/base/slice.h"\n',
    "core/net/uv/tcp.cc": '#include <uv.h>\n#include "core/base/slice.h"\n',
    "CMakeLists.txt": "",
}


class TidyTest(unittest.TestCase):
    def run_on(self, files):
        with tempfile.TemporaryDirectory() as folder:
            for name, text in {**GOOD, **files}.items():
                if text is None:
                    continue
                path = Path(folder, name)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_text(text)
            result = subprocess.run([sys.executable, "-B", str(TIDY), "--root", folder], capture_output=True, text=True,
                                    check=False)
            return result.returncode, result.stdout + result.stderr

    def expect(self, files, *messages):
        code, output = self.run_on(files)
        self.assertEqual(code, 1, output)
        for message in messages:
            self.assertIn(message, output)
        self.assertIn(f"{len(messages)} errors", output)

    def test_good_tree(self):
        code, output = self.run_on({})
        self.assertEqual(code, 0, output)

    def test_include_upwards(self):
        self.expect({"core/base/bad.cc": '#include "core/http/head.h"\n'},
                    "core/base/bad.cc:1: includes core/http/head.h: `base` may not include `http`")

    def test_include_sideways_into_a_nested_folder(self):
        self.expect({"core/http/bad.cc": '\n#include "core/net/uv/tcp.h"\n'},
                    "core/http/bad.cc:2: includes core/net/uv/tcp.h")

    def test_folder_without_a_row(self):
        self.expect({"core/odd/x.cc": ""}, "core/odd/x.cc: its folder has no row")

    def test_core_including_a_filter(self):
        self.expect({"core/http/x.cc": '#include "filters/jwt/token.h"\n'}, "core knows no plugin")

    def test_a_file_with_a_row_of_its_own(self):
        row = "| `http/h.cc` | `net/uv` | chooses |\n"
        readme = README.replace("\n## A request", row + "\n## A request")
        files = {"core/README.md": readme, "core/http/h.cc": '#include "core/net/uv/tcp.h"\n'}
        self.assertEqual(self.run_on(files)[0], 0, self.run_on(files)[1])
        self.expect({"core/README.md": readme}, "the layer table names http/h.cc, which is gone")

    def test_layer_circle(self):
        self.expect({"core/README.md": README.replace("| `base` | |", "| `base` | `http` |")}, "go in a circle")

    def test_missing_layer_table(self):
        self.expect({"core/README.md": README.replace("## Layers", "## Other")}, "has no layer table")

    def test_library_out_of_place(self):
        self.expect({"core/http/x.cc": "#include <uv.h>\n"}, "core/http/x.cc:1: includes <uv.h>: only core/net/uv/ may")

    def test_relative_include(self):
        self.expect({"core/http/x.cc": '#include "head.h"\n'}, "name it from the repository's root")

    def test_filter_uses_the_public_abi_only(self):
        readme = {"filters/README.md": tidy.filters_readme.HEAD}
        self.expect(readme | {"filters/a/x.cc": '#include "core/base/slice.h"\n'}, "a plugin uses <sallyport/...>")
        self.expect(readme | {"filters/a/x.cc": '#include "filters/b/x.h"\n'}, "another filter's file")
        self.expect(readme | {"filters/a/x.cc": "#include <sallyport/v1/route.pb.h>\n"}, "knows no messages")
        code, output = self.run_on(readme | {
            "filters/a/x.cc": '#include <sallyport/sdk.hpp>\n#include "filters/a/x.h"\n',
            "filters/a/a_test.cc": '#include "test/support/catch.h"\n'})
        self.assertEqual(code, 0, output)

    def test_long_file(self):
        self.expect({"core/base/long.cc": "\n" * 601}, "601 lines; 600 are the limit")
        code, output = self.run_on({"core/base/long.cc": "\n" * 601,
                                    "tools/tidy_exceptions.txt": "core/base/long.cc 700 one table\n"})
        self.assertEqual(code, 0, output)
        code, output = self.run_on({"core/base/long.cc": "\n" * 450})
        self.assertEqual(code, 0, output)
        self.assertIn("450 lines; aim at 400", output)

    def test_exceptions_only_shrink(self):
        self.expect({"core/base/long.cc": "\n" * 701, "tools/tidy_exceptions.txt": "core/base/long.cc 700 one table\n"},
                    "701 lines; 700 are the limit")
        self.expect({"core/base/long.cc": "\n", "tools/tidy_exceptions.txt": "core/base/long.cc 700 one table\n"},
                    "is small enough now")
        self.expect({"tools/tidy_exceptions.txt": "core/base/gone.cc 700 one table\n"}, "which is gone")

    def test_long_function(self):
        body = "  x();\n" * 70
        self.expect({"core/base/x.cc": f"namespace sp {{\nint Foo(int a) {{\n{body}}}\n}}\n"},
                    "core/base/x.cc:2: 72 lines in one function")
        code, output = self.run_on({"core/base/x_test.cc": f"TEST_CASE(\"a\") {{\n{body}}}\n"})
        self.assertEqual(code, 0, output)

    def test_functions_are_found_by_their_braces(self):
        text = """
namespace sp {
class alignas(64) A : public B<int(int)> {
 public:
  A() : x_{1}, y_(2) {
    if (a) { b(); }
  }
  int Get() const { return x_; }
  int x_ = f({1, 2});
};
constexpr int kTable[] = {
  1, 2, '{', 3,
};
const char* kText = "{ ( ";  // {
auto lambda = [](int a) {
  return a;
};
template <typename T>
std::vector<int> Foo(T a,
                     int b) {
  return {1};
}
}  // namespace sp
"""
        found = [(line, length) for line, length, _ in tidy.functions(text)]
        self.assertIn((5, 3), found)
        self.assertIn((8, 1), found)
        self.assertIn((18, 5), found)
        self.assertTrue(all(length <= 5 for _, length in found), found)

    def test_header_includes(self):
        many = "#pragma once\n" + "".join(f'#include "core/base/a{i}.h"\n' for i in range(9))
        self.expect({"core/base/x.h": many}, "9 includes of ours")
        self.expect({"core/base/x.h": "int x;\n"}, "lacks #pragma once")

    def test_words(self):
        self.expect({"core/base/x.cc": "// TO" + "DO: later\n"}, "an unfinished thing")
        self.expect({"tools/x": "cd /wo" + "rk/main\n"}, "a path of one machine")
        self.expect({"tools/x": "https://pypi.o" + "rg/simple\n"}, "a package registry's host")
        code, output = self.run_on({"tools/x": "mktemp a.XXXXXX; mydir/wo" + "rk/x\n"})
        self.assertEqual(code, 0, output)

    def test_top_level(self):
        self.expect({"docs/x.md": ""}, "docs: the top level is fixed")
        self.assertEqual(self.run_on({".github/x.md": ""})[0], 0)

    def test_walks(self):
        self.expect({"core/net/uv/tcp.cc": None}, "the walk `A request` names net/uv/tcp.cc, which is gone")
        self.expect({"core/README.md": README.replace("http/head.h`.\n\n## A change", "http/gone.h`.\n\n## A change")},
                    "the walk `A request` names http/gone.h, which is gone")
        self.expect({"core/README.md": README.split("## A change")[0]}, "lacks the walk `A change`")

    def test_filters_readme(self):
        head = tidy.filters_readme.HEAD
        row = "\n## 4. How often\n\n| filter | |\n|---|---|\n| [a](a/README.md) | counts |\n"
        good = {"filters/a/filter.cc": "", "filters/a/README.md": "# a (step 4): counts\n", "filters/README.md": head + row}
        self.assertEqual(self.run_on(good)[0], 0, self.run_on(good)[1])
        self.expect(good | {"filters/README.md": head}, "run tools/new readme")
        self.expect(good | {"filters/a/README.md": "# a\n", "filters/README.md": head}, "its first line reads")

    def test_sleeping_tests(self):
        self.expect({"core/base/x_test.cc": "void f() { std::this_thread::sleep_for(1ms); }\n"}, "a test that sleeps")
        self.expect({"test/integration/x_test.py": "import time\ntime.sleep(1)\n"}, "x_test.py:2: a test that sleeps")
        self.expect({"test/integration/x_test.sh": "start\nsleep 1\n"}, "x_test.sh:2: a test that sleeps")
        code, output = self.run_on({"test/support/wait.py": "import time\ntime.sleep(1)\n",
                                    "core/base/x_test.cc": "// sleep_for( is forbidden\n"})
        self.assertEqual(code, 0, output)


if __name__ == "__main__":
    unittest.main()
