"""Runs the tests of clients/ and examples/ against the built program, and ends with a line that counts them:
`kits: N passed, N failed`. A suite that ends without a result counts as one failure.

The one argument is a folder with a Python environment `venv` that has requirements.txt; what is made goes there too.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as Xml
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = ROOT / "clients" / "python"
TYPESCRIPT = ROOT / "clients" / "typescript"
CACHE = Path(sys.argv[1]).resolve()
BIN = CACHE / "venv" / "bin"
# Longer than any suite takes.
LIMIT = 600


def binary():
    """Where Cargo puts the debug binary, wherever its target folder is."""
    metadata = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--no-deps", "--offline"],
        cwd=ROOT, check=True, capture_output=True,
    ).stdout
    path = Path(json.loads(metadata)["target_directory"]) / "debug" / "restante"
    if not path.is_file():
        sys.exit(f"there is no {path}: run `cargo build` first")
    return path


ENVIRONMENT = {**os.environ, "RESTANTE_BINARY": str(binary()), "PYTHONDONTWRITEBYTECODE": "1"}


def run(*command, cwd=ROOT, **environment):
    """Whether it ends with 0."""
    return subprocess.run(command, cwd=cwd, env={**ENVIRONMENT, **environment}, timeout=LIMIT).returncode == 0


def check(*command, cwd=ROOT):
    """A check that is one test."""
    return (1, 0) if run(*command, cwd=cwd) else (0, 1)


def pytest(*arguments, before=(), cwd=CACHE):
    """Passed and failed; a test that was skipped did not pass."""
    report = CACHE / "pytest.xml"
    report.unlink(missing_ok=True)
    run(*before, BIN / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--junitxml={report}", *arguments, cwd=cwd)
    suite = Xml.parse(report).getroot().find("testsuite")
    count = {name: int(suite.get(name)) for name in ["tests", "failures", "errors", "skipped"]}
    failed = count["failures"] + count["errors"] + count["skipped"]
    return count["tests"] - failed, failed


def node(*arguments, cwd):
    """Passed and failed of Node's test runner."""
    report = CACHE / "node.tap"
    reporters = ["--test-reporter=spec", "--test-reporter-destination=stdout", "--test-reporter=tap", f"--test-reporter-destination={report}"]
    run("node", "--test", *reporters, *arguments, cwd=cwd)
    count = dict(re.findall(r"^# (tests|pass) (\d+)$", report.read_text(), re.MULTILINE))
    return int(count["pass"]), int(count["tests"]) - int(count["pass"])


def python_package():
    # Installed as a user's is: what the package leaves out is missing here, too.
    pip = [BIN / "python", "-m", "pip", "install", "-q", "--no-build-isolation", "--no-deps", "--force-reinstall"]
    return check(*pip, PYTHON)


def python_types():
    return check(BIN / "mypy", "--cache-dir", CACHE / "mypy", "src", cwd=PYTHON)


def python_tests():
    return pytest(PYTHON / "tests")


def typescript_types():
    # What was built before must not be what is tested.
    shutil.rmtree(TYPESCRIPT / "dist", ignore_errors=True)
    return check("npm", "run", "--silent", "build", cwd=TYPESCRIPT)


def typescript_tests():
    return node(*sorted((TYPESCRIPT / "tests").glob("*.test.mjs")), cwd=TYPESCRIPT)


SUITES = [python_package, python_types, python_tests, typescript_types, typescript_tests]


def main():
    passed, failed = 0, 0
    for suite in SUITES:
        print(f"\n{suite.__name__.replace('_', ' ')}", flush=True)
        try:
            p, f = suite()
        except (OSError, KeyError, subprocess.SubprocessError, Xml.ParseError) as error:
            print(f"no result: {error}", flush=True)
            p, f = 0, 1
        passed, failed = passed + p, failed + f
    print(f"kits: {passed} passed, {failed} failed")
    sys.exit(1 if failed or not passed else 0)


if __name__ == "__main__":
    main()
