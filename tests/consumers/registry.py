"""A rule is one file in lib/rules and one line there: a copy of the tree with one more has it everywhere.

usage: registry.py SOURCE_ROOT
"""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "abi"))
from tap import Tap  # noqa: E402

NAME, BEFORE = "half_fa", "frsf"
RULE = """#include <fa/rule.h>

static fa_status setup(fa_setup *s)
{
    return fa_setup_feedback(s, FA_LAYERWISE);
}

static fa_status backward(fa_step *step)
{
    fa_status status = FA_OK;

    for (size_t l = fa_step_depth(step) - 1; l >= 1 && status == FA_OK; l--) {
        fa_matrix delta;
        status = fa_step_transport(step, l);
        if (status == FA_OK)
            status = fa_step_delta(step, l, &delta);
        if (status == FA_OK)
            status = fa_step_combine(step, 0, NULL, 0.5, &delta);
    }
    return status;
}

extern const fa_rule fa_rule_half_fa;

const fa_rule fa_rule_half_fa = {
    .struct_size = sizeof(fa_rule),
    .name = "half_fa",
    .summary = "half of feedback alignment",
    .setup = setup,
    .backward = backward,
    .learning_rate = 0.1,
    .source = "a test",
};
"""


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
        (tree / "lib/rules" / f"{NAME}.c").write_text(RULE)
        rules = tree / "lib/rules/meson.build"
        old = rules.read_text()
        rules.write_text(old.replace(f"  '{BEFORE}',\n", f"  '{BEFORE}',\n  '{NAME}',\n"))
        tap.check("one line was added", [] if len(rules.read_text()) == len(old) + len(NAME) + 6 else ["it was not"])
        _, problems = run(["meson", "setup", "build", "-Dtests=enabled", "-Dexamples=enabled", "-Dbench=disabled",
                           "-Dcpu_levels=false", "-Doptimization=1"], tree)
        if not problems:
            _, problems = run(["ninja", "-C", "build", "-j", "2", "examples/fa-classify", "tests/test_rules"], tree)
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
    tap.done()


main()
