"""Runs one module of CPython's own tests and writes a line for each case: its outcome and its name.

    python cases.py OUTPUT test.test_generators
"""
import sys
import unittest
import warnings


class Result(unittest.TestResult):
    def __init__(self, file):
        super().__init__()
        self.file = file

    def tell(self, outcome, test):
        self.file.write(f"{outcome}\t{test.id()}\n")
        self.file.flush()

    def addSuccess(self, test):
        self.tell("ok", test)

    def addFailure(self, test, error):
        self.tell("failed", test)

    def addError(self, test, error):
        self.tell("error", test)

    def addSkip(self, test, reason):
        self.tell("skipped", test)

    def addExpectedFailure(self, test, error):
        self.tell("expected failure", test)

    def addUnexpectedSuccess(self, test):
        self.tell("unexpected success", test)

    def addSubTest(self, test, subtest, error):
        if error is not None:
            self.tell("failed", test)


def main():
    warnings.simplefilter("default")
    suite = unittest.defaultTestLoader.loadTestsFromName(sys.argv[2])
    with open(sys.argv[1], "w", encoding="utf-8") as file:
        suite.run(Result(file))


if __name__ == "__main__":
    main()
