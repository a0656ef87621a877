"""The runner of the pages' code blocks: what is right passes, what is broken fails."""
import os
import pathlib
import tempfile
import unittest

import tap
from expected import difference
from markdown import PageError, blocks
from page import Page


class PageCase(unittest.TestCase):
    def setUp(self):
        self.work = tempfile.TemporaryDirectory(prefix="libfa-runner-")
        self.addCleanup(self.work.cleanup)
        self.root = pathlib.Path(self.work.name).resolve()
        # A libfa without flags: the programs here need none.
        (self.root / "libfa.pc").write_text("Name: libfa\nDescription: none\nVersion: 0\nLibs:\nCflags:\n")
        self.env = {**os.environ, "PKG_CONFIG_PATH": str(self.root)}

    def write(self, text):
        # `~~~` in this file is a fence in the page.
        path = self.root / "page.md"
        path.write_text(text.replace("~~~", "```"), encoding="utf-8")
        return path

    def run_page(self, text, need_all=False):
        page = Page(self.write(text), "page.md", self.env, ["cc"], need_all)
        page.run(self.root / "page", self.root)
        return page

    def passes(self, text, ran):
        page = self.run_page(text)
        self.assertEqual(page.problems, [])
        self.assertEqual(page.ran, ran)
        return page

    def fails(self, text, words):
        problems = "\n".join(self.run_page(text).problems)
        self.assertIn(words, problems)

    def refuses(self, text, words):
        with self.assertRaises(PageError) as caught:
            blocks(self.write(text))
        self.assertIn(words, str(caught.exception))


class TestPages(PageCase):
    def test_all_languages_in_order(self):
        self.passes("~~~sh\necho 1 > n\n~~~\n~~~python\nn = int(open('n').read())\n~~~\n"
                    "~~~c\n#include <stdio.h>\nint main(void) { return fopen(\"n\", \"r\") == NULL; }\n~~~\n"
                    "~~~python\nassert n == 1\n~~~\n~~~text\na listing\n~~~\n", 4)

    def test_build_is_a_link(self):
        self.passes("~~~sh\ntest -f build/libfa.pc\n~~~\n", 1)

    def test_nothing_runs_after_a_failure(self):
        page = self.run_page("~~~sh\nfalse\n~~~\n~~~sh\ntrue\n~~~\n")
        self.assertEqual(page.ran, 1)

    def test_broken_c(self):
        self.fails("~~~c\nint main(void) { return nonsense; }\n~~~\n", "page.md:2")

    def test_c_with_a_warning(self):
        self.fails("~~~c\nint main(int argc, char **argv) { return 0; }\n~~~\n", "unused parameter")

    def test_c_that_ends_badly(self):
        self.fails("~~~c\nint main(void) { return 3; }\n~~~\n", "status 3, not 0")

    def test_c_that_crashes(self):
        self.fails("~~~c\n#include <stdlib.h>\nint main(void) { abort(); }\n~~~\n", "status -6, not 0")

    def test_broken_python(self):
        self.fails("text\n\n~~~python\nx = 1\nx.y\n~~~\n", "line 5")

    def test_python_that_leaves(self):
        self.fails("~~~python\nimport sys\nsys.exit(2)\n~~~\n", "status 2")

    def test_python_that_is_gone(self):
        self.fails("~~~python\nimport os\nos._exit(4)\n~~~\n", "status 4")

    def test_broken_sh(self):
        self.fails("~~~sh\nfalse\ntrue\n~~~\n", "status 1")

    def test_status(self):
        self.passes("<!-- test: status=3 -->\n~~~sh\nexit 3\n~~~\n", 1)

    def test_status_not_reached(self):
        self.fails("<!-- test: status=3 -->\n~~~sh\ntrue\n~~~\n", "status 0, not 3")

    def test_file_of_two_blocks(self):
        self.passes("<!-- test: file=a.c -->\n~~~c\nstatic int zero(void)\n{\n    return 0;\n}\n~~~\nand\n\n"
                    "<!-- test: file=a.c -->\n~~~c\nint main(void)\n{\n    return zero();\n}\n~~~\n"
                    "~~~sh\n./a\n~~~\n", 3)

    def test_file_that_does_not_compile(self):
        self.fails("<!-- test: file=a.c compile -->\n~~~c\nint f(void) { return g(); }\n~~~\n", "page.md:3")

    def test_file_in_python(self):
        self.passes("<!-- test: file=a.py -->\n~~~python\nraise SystemExit(0)\n~~~\n~~~sh\npython3 a.py\n~~~\n", 2)

    def test_context_that_is_not_there(self):
        with self.assertRaises(FileNotFoundError):
            self.run_page("<!-- test: context=nothing -->\n~~~c\nx();\n~~~\n")

    def test_output(self):
        self.passes("~~~sh\nprintf 'a 1.0000001\\nb\\n'\n~~~\n<!-- test: output -->\n~~~text\na 1\nb\n~~~\n", 2)

    def test_wrong_output(self):
        self.fails("~~~sh\necho a 1.00001\n~~~\n<!-- test: output -->\n~~~text\na 1\n~~~\n", "printed was")

    def test_output_of_python(self):
        self.passes("~~~python\nprint('x')\n~~~\n<!-- test: output -->\n~~~text\nx\n~~~\n", 2)

    def test_same(self):
        self.passes("~~~sh\necho a\n~~~\n<!-- test: same -->\n~~~python\nprint('a')\n~~~\n", 2)

    def test_not_the_same(self):
        self.fails("~~~sh\necho a\n~~~\n<!-- test: same -->\n~~~sh\necho b\n~~~\n", "and before it")

    def test_none(self):
        page = self.passes("<!-- test: none it takes hours -->\n~~~sh\nfalse\n~~~\n~~~sh\ntrue\n~~~\n", 1)
        self.assertEqual(page.left_out, [(3, "it takes hours")])

    def test_needs(self):
        text = "<!-- test: needs=json,no_such_thing -->\n~~~sh\nfalse\n~~~\n"
        self.assertEqual(self.passes(text, 0).left_out, [(3, "there is no no_such_thing here")])

    def test_needs_in_the_suite_extra(self):
        page = self.run_page("<!-- test: needs=no_such_thing -->\n~~~sh\nfalse\n~~~\n", need_all=True)
        self.assertTrue(page.problems)

    def test_needs_that_is_there(self):
        self.fails("<!-- test: needs=json,sh -->\n~~~sh\nfalse\n~~~\n", "status 1")

    def test_block_in_a_list(self):
        self.passes("* a\n\n  ~~~python\n  if True:\n      x = 1\n  ~~~\n", 1)


class TestRefusals(PageCase):
    def test_unknown_word(self):
        self.refuses("<!-- test: complie -->\n~~~c\nint main(void);\n~~~\n", "complie")

    def test_none_without_a_reason(self):
        self.refuses("<!-- test: none -->\n~~~sh\ntrue\n~~~\n", "reason")

    def test_fragment_without_a_home(self):
        self.refuses("~~~c\nx();\n~~~\n", "fragment")

    def test_comment_without_a_block(self):
        self.refuses("<!-- test: none for no reason -->\ntext\n", "not followed")

    def test_comment_of_another_form(self):
        self.refuses("<!-- test file=a.c -->\n~~~c\nint main(void);\n~~~\n", "form")

    def test_block_without_an_end(self):
        self.refuses("~~~sh\ntrue\n", "no end")

    def test_code_by_indentation(self):
        self.refuses("A:\n\n    x();\n", "indentation")
        self.passes("* a\n\n    more of a\n\n      and more\n\n~~~sh\ntrue\n~~~\n", 1)

    def test_language_that_nobody_runs(self):
        self.refuses("~~~cobol\nx\n~~~\n", "cobol")
        self.refuses("~~~\nx\n~~~\n", "no language")

    def test_output_that_is_code(self):
        self.refuses("<!-- test: output -->\n~~~sh\nx\n~~~\n", "output")


class TestExpected(unittest.TestCase):
    def test_equal(self):
        for wanted, seen in [("a  b\n", "a b"), ("x 1e-3", "x 0.001"), ("...", ""), ("a\n...\nc", "a\nb\nb\nc"),
                             ("time ... s", "time 3.1 s"), ("fa 12.0, 3", "fa 12, 3.000001"), ("-1", "-1.0")]:
            self.assertEqual(difference(wanted, seen), [], (wanted, seen))

    def test_different(self):
        for wanted, seen in [("a", "b"), ("a", "a\nb"), ("a\nb", "a"), ("x 1", "x 1.00001"), ("x 1", "x -1"),
                             ("...x", "y"), ("a\n...\nc", "a\nb"), ("0", "1e-9"), ("a.c", "abc"), ("1 2", "12")]:
            self.assertNotEqual(difference(wanted, seen), [], (wanted, seen))


if __name__ == "__main__":
    tap.main()
