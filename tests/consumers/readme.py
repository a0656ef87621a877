"""The programs that README prints, extracted and run as printed: they end well, and their loss falls.

usage: readme.py SOURCE_ROOT BUILD_ROOT COMPILER PYTHON
COMPILER compiles C; PYTHON is an interpreter with NumPy, or "" where there is none.
"""
import os
import pathlib
import re
import subprocess
import sys
import tempfile

here = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(here.parent / "abi"))
from tap import Tap  # noqa: E402


def losses_fall(output):
    losses = [float(value) for value in re.findall(r"loss +([0-9.e+-]+)", output)]
    if len(losses) < 3:
        return [f"only {len(losses)} losses were printed", output]
    return [] if losses[-1] < 0.1 * losses[0] else [f"the loss went from {losses[0]} to {losses[-1]}"]


def run(command, directory, env=None):
    result = subprocess.run(command, cwd=directory, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                            check=False)
    return result.stdout, [] if result.returncode == 0 else [f"{command[0]}: status {result.returncode}", result.stdout]


def main():
    source, build = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
    compiler, python = sys.argv[3].split(), sys.argv[4]
    text = (source / "README.md").read_text(encoding="utf-8")
    blocks = {language: re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S) for language in ("c", "python")}
    library = build / "lib"
    env = {**os.environ, "LD_LIBRARY_PATH": f"{library}:{os.environ.get('LD_LIBRARY_PATH', '')}",
           "PYTHONPATH": str(source / "python"), "LIBFA_LIBRARY": str(library / "libfa.so.0")}
    tap = Tap()
    tap.check("README has one C and one Python program", [f"{k}: {len(v)}" for k, v in blocks.items() if len(v) != 1])
    with tempfile.TemporaryDirectory(prefix="libfa-readme-") as work:
        (pathlib.Path(work) / "xor.c").write_text(blocks["c"][0])
        (pathlib.Path(work) / "xor.py").write_text(blocks["python"][0])
        _, problems = run([*compiler, "-Wall", "-Wextra", "-Werror", "-o", "xor", "xor.c", f"-I{source / 'include'}",
                           f"-L{library}", "-lfa"], work)
        tap.check("the C program compiles", problems)
        output, problems = run(["./xor"], work, env)
        tap.check("the C program learns", problems or losses_fall(output))
        if python:
            mine, problems = run([python, "xor.py"], work, env)
            tap.check("the Python program learns", problems or losses_fall(mine))
            tap.check("both print the same", [] if mine == output else [mine, output])
        else:
            tap.skip("the Python program", "no Python interpreter with NumPy")
    tap.done()


main()
