"""CONTRIBUTING's "Add a rule in 15 minutes", followed in a copy of the tree: one file in lib/rules and one line there.

usage: registry.py SOURCE_ROOT
"""
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "abi"))
from tap import Tap  # noqa: E402

NAME, BEFORE = "redrawn", "pseudo_backprop"


def steps(root):
    """The rule's file, and its model for the tests, as CONTRIBUTING has them."""
    text = (root / "CONTRIBUTING.md").read_text(encoding="utf-8")
    text = text[text.index("## Add a rule in 15 minutes"):text.index("## A new optimizer")]
    rule, model = re.findall(r"^```c\n(.*?)^```$", text, re.M | re.S)
    return rule, model


def put_model(path, model):
    text = path.read_text(encoding="utf-8")
    text = text.replace("static const struct rule_model {", model + "\nstatic const struct rule_model {")
    text = text.replace("} rule_models[] = {\n", f'}} rule_models[] = {{\n    {{"{NAME}", {NAME}}},\n')
    path.write_text(text, encoding="utf-8")


def run(command, directory):
    """(output, problems): problems is empty if the command succeeded."""
    clean = {k: v for k, v in os.environ.items() if not k.startswith(("MESON", "NINJA", "DESTDIR"))}
    result = subprocess.run(command, cwd=directory, env=clean, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                            text=True, check=False)
    problems = [] if result.returncode == 0 else [f"{shlex.join(map(str, command))}: status {result.returncode}",
                                                  *result.stdout.splitlines()[-40:]]
    return result.stdout, problems


def leave_out(folder, names):
    """Repositories and build directories."""
    return [n for n in names if n == ".git" or (pathlib.Path(folder) / n / "meson-private").is_dir()]


def main():
    tap = Tap()
    with tempfile.TemporaryDirectory() as work:
        tree = pathlib.Path(work) / "tree"
        shutil.copytree(sys.argv[1], tree, ignore=leave_out, symlinks=True)
        rule, model = steps(tree)
        (tree / "lib/rules" / f"{NAME}.c").write_text(rule)
        rules = tree / "lib/rules/meson.build"
        old = rules.read_text()
        rules.write_text(old.replace(f"  '{BEFORE}',\n", f"  '{BEFORE}',\n  '{NAME}',\n"))
        tap.check("one line was added", [] if len(rules.read_text()) == len(old) + len(NAME) + 6 else ["it was not"])
        _, problems = run(["meson", "setup", "build", "-Dtests=enabled", "-Dexamples=enabled", "-Dbench=disabled",
                           "-Dcpu_levels=false", "-Doptimization=1"], tree)
        if not problems:
            _, problems = run(["ninja", "-C", "build", "-j", "2", "examples/fa-classify", "tests/test_rules",
                               "tests/test_family", "tests/test_identities_rules", "tests/test_feedback_params"], tree)
        tap.check("the tree builds", problems)
        listed, problems = ("", ["no build"]) if problems else run(["build/examples/fa-classify", "--list-rules"], tree)
        # What all rules with a B share comes last, in brackets.
        names = [line.split()[0] for line in listed.splitlines() if line[:1].isalpha()]
        tap.check("--list-rules names it, in order",
                  problems or ([] if NAME in names and names == sorted(names) else [f"listed: {names}"]))
        output, problems = run(["build/tests/test_rules"], tree)
        tap.check("the contract holds for it", [line for line in problems if not line.startswith("ok ")])
        lines = [line for line in output.splitlines() if "names_and_tables_are_sound" in line]
        tap.check("the contract was asked of it", [] if len(lines) == len(names) else [f"{len(lines)} rules"])
        output, problems = run(["build/tests/test_family"], tree)
        tap.check("its missing model is noticed", [] if f"{NAME} has no model" in output else ["it is not"])
        put_model(tree / "tests/family_model.c", model)
        _, problems = run(["ninja", "-C", "build", "-j", "2", "tests/test_family"], tree)
        for test in ("test_family", "test_identities_rules", "test_feedback_params"):
            if not problems:
                _, problems = run([f"build/tests/{test}"], tree)
        tap.check("with the model, other tests over all rules pass",
                  [line for line in problems if not line.startswith("ok ")])
    tap.done()


main()
