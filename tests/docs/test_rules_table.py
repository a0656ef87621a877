"""The table of rules in docs/guide/choosing-a-rule.md is what the rules say, and the check of it can fail.

usage: test_rules_table.py SOURCE_ROOT BUILD_ROOT
"""
import pathlib
import shutil
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "abi"))
from tap import Tap  # noqa: E402


def check(root, build, *options):
    """[] or what docs/rules_table.py below `root` says."""
    result = subprocess.run([sys.executable, root / "docs" / "rules_table.py", *options, build], stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, check=False)
    return [] if result.returncode == 0 else result.stdout.splitlines() or [f"status {result.returncode}"]


def main():
    source, build = pathlib.Path(sys.argv[1]).resolve(), pathlib.Path(sys.argv[2]).resolve()
    tap = Tap()
    tap.check("the page has the table of these rules", check(source, build, "--check"))
    with tempfile.TemporaryDirectory(prefix="libfa-table-") as work:
        tree = pathlib.Path(work)
        (tree / "docs" / "guide").mkdir(parents=True)
        (tree / "python").symlink_to(source / "python")
        shutil.copy(source / "docs" / "rules_table.py", tree / "docs")
        for name in ("choosing-a-rule.md", "rules.md"):
            shutil.copy(source / "docs" / "guide" / name, tree / "docs" / "guide")
        page = tree / "docs" / "guide" / "choosing-a-rule.md"
        good = page.read_text(encoding="utf-8")
        lines = good.splitlines(keepends=True)
        page.write_text("".join(line for line in lines if not line.startswith("| `kolen_pollack` |")), encoding="utf-8")
        tap.check("a page without one of them is refused", [] if check(tree, build, "--check") else ["it was not"])
        tap.check("writing it anew", check(tree, build))
        tap.check("makes the same page", [] if page.read_text(encoding="utf-8") == good else ["it does not"])
    tap.done()


main()
