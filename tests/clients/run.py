"""Runs the tests here and ends with a line that counts them: `clients: N passed, N failed`."""

import sys
import unittest
from pathlib import Path


class Counting(unittest.TextTestResult):
    def count(self):
        # A test with several failures is one failed test; one that is skipped did not pass.
        bad = self.failures + self.errors + [(test, "") for test in self.unexpectedSuccesses] + self.skipped
        failed = {getattr(test, "test_case", test).id() for test, _ in bad}
        ran = {id for id in failed if "." in id and "Module" not in id}
        return self.testsRun - len(ran), len(failed)


if __name__ == "__main__":
    found = unittest.defaultTestLoader.discover(str(Path(__file__).parent))
    result = unittest.TextTestRunner(stream=sys.stdout, verbosity=2, resultclass=Counting).run(found)
    passed, failed = result.count()
    print(f"clients: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)
