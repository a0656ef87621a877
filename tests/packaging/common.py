"""What the tests of packaging share: running commands, copies of the tree, TAP."""
import os
import pathlib
import shlex
import shutil
import subprocess
import sys

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "abi"))
from tap import Tap  # noqa: E402, F401

# Nothing of the build that runs this test.
CLEAN = {k: v for k, v in os.environ.items() if not k.startswith(("MESON", "NINJA", "DESTDIR", "LD_LIBRARY_PATH"))}


def run(command, directory, env=None, lines=60):
    """(output, problems): problems is empty if the command succeeded."""
    result = subprocess.run([str(word) for word in command], cwd=directory, env=env or CLEAN, stdout=subprocess.PIPE,
                            stderr=subprocess.STDOUT, text=True, errors="replace", check=False)
    problems = [] if result.returncode == 0 else [f"{shlex.join(map(str, command))}: status {result.returncode}",
                                                  *result.stdout.splitlines()[-lines:]]
    return result.stdout, problems


def run_all(commands, directory, env=None):
    """Problems of the first command that fails."""
    for command in commands:
        problems = run(command, directory, env)[1]
        if problems:
            return problems
    return []


def leave_out(folder, names):
    """Repositories and build directories."""
    return [n for n in names if n == ".git" or (pathlib.Path(folder) / n / "meson-private").is_dir()
            or n.startswith("build-")]


def copy_tree(source, target):
    shutil.copytree(source, target, ignore=leave_out, symlinks=True)
    return pathlib.Path(target)
