"""Run the unittest cases of a file and report them in TAP, so that Meson counts single tests.

A test file ends with `if __name__ == "__main__": tap.main()`. The exit status is 0 or 1.
"""
import os
import sys
import traceback
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# Whether the library was built with zlib: LIBFA_TEST_ZLIB=0 says no.
ZLIB = os.environ.get("LIBFA_TEST_ZLIB", "1") == "1"
INCLUDE = os.environ.get("LIBFA_TEST_INCLUDE", os.path.join(ROOT, "include"))


class _Result(unittest.TestResult):
    def _line(self, ok, test, note=""):
        number = self.testsRun
        print(f"{'ok' if ok else 'not ok'} {number} - {type(test).__name__}.{test._testMethodName}{note}", flush=True)

    def _failed(self, test, error):
        if getattr(test, "_reported", False):
            return
        test._reported = True
        self._line(False, test)
        for line in "".join(traceback.format_exception(*error)).splitlines():
            print(f"# {line}")

    def addSuccess(self, test):
        if not getattr(test, "_reported", False):
            self._line(True, test)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self._failed(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self._failed(test, error)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self._line(True, test, f" # SKIP {reason}")

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error is not None:
            print(f"# in {subtest._subDescription()}")
            self._failed(test, error)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromModule(sys.modules["__main__"])
    print(f"1..{suite.countTestCases()}", flush=True)
    result = _Result()
    suite.run(result)
    sys.exit(0 if result.wasSuccessful() else 1)
