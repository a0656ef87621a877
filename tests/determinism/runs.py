"""The same training gives the same bits every time: fixed_run, run again and again in processes of its own.

    python3 tests/determinism/runs.py [--runs N] [--threads 1,2] [--blas-threads 1,2] build/tests/determinism/fixed_run

Runs differ in nothing that may matter, and in much that may not: where the environment, the stack and the heap lie, and
what fresh memory holds. Results of another number of threads, of the pass or of the BLAS, may differ and are not
compared. Reports in TAP; the exit status is 0 or 1.
"""
import argparse
import os
import subprocess
import sys


def run(program, threads, blas_threads, number, seed=1):
    """Lines of fixed_run: rule, optimizer, element type, checksum."""
    environment = {**os.environ, "MALLOC_PERTURB_": str(number % 256), "LIBFA_TEST_PADDING": "x" * (24 * number)}
    for name in "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "BLIS_NUM_THREADS":
        environment[name] = str(blas_threads)
    done = subprocess.run([program, str(threads), str(seed)], env=environment, stdout=subprocess.PIPE, check=True,
                          text=True)
    return done.stdout.splitlines()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=20)
    parser.add_argument("--threads", default="1,2", help="of the pass")
    parser.add_argument("--blas-threads", default="1")
    parser.add_argument("program")
    options = parser.parse_args()
    if options.runs < 2:
        parser.error("one run has nothing to be compared with")
    pairs = [(threads, blas) for threads in options.threads.split(",") for blas in options.blas_threads.split(",")]
    print(f"1..{len(pairs) + 1}", flush=True)
    same = failed = 0
    for test, (threads, blas) in enumerate(pairs, 1):
        first = run(options.program, threads, blas, 0)
        others = [run(options.program, threads, blas, number) for number in range(1, options.runs)]
        identical = 1 + sum(lines == first for lines in others)
        same += identical
        failed += identical != options.runs
        for line in sorted({mine for lines in others for mine, line in zip(lines, first) if mine != line}):
            print(f"# not in the first run: {line}")
        print(f"{'ok' if identical == options.runs else 'not ok'} {test} - {identical} of {options.runs} runs, "
              f"{len(first)} trainings each, pass threads {threads}, BLAS threads {blas}", flush=True)
    threads, blas = pairs[0]
    lines = zip(run(options.program, threads, blas, 0), run(options.program, threads, blas, 0, seed=2))
    alike = [one for one, other in lines if one == other]
    failed += bool(alike)
    print(f"{'not ok' if alike else 'ok'} {len(pairs) + 1} - another seed gives other bits in every training")
    print(f"# {same} of {len(pairs) * options.runs} runs bit-identical")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
