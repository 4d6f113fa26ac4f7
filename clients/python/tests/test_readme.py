"""The examples of README.md, as they stand there, and the one of the project's README."""

import asyncio
import re
import textwrap
from pathlib import Path
from types import SimpleNamespace

import pytest

README = Path(__file__).parents[1] / "README.md"
PYTEST, PLAIN, ASYNCIO = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
PROJECT = Path(__file__).parents[3] / "README.md"

APP = '''
import smtplib
from types import SimpleNamespace
import pytest

@pytest.fixture
def app(restante):
    def forgot_password(address):
        with smtplib.SMTP(*restante.smtp()) as smtp:
            body = "Your code is 482913: https://app.test/reset/7f3a"
            smtp.sendmail("app@shop.test", [address], f"Subject: Password reset\\r\\n\\r\\n{body}")
    return SimpleNamespace(forgot_password=forgot_password)
'''


@pytest.fixture
def app(send):
    return SimpleNamespace(forgot_password=lambda address: send(address, "Password reset"))


def test_pytest(pytester):
    pytester.makepyfile(APP + PYTEST)
    pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=1)


def test_project_s_readme(pytester):
    [example] = re.findall(r"```python\n(.*?)```", PROJECT.read_text(), re.DOTALL)
    pytester.makepyfile(APP + example)
    pytester.runpytest_subprocess("-p", "no:xdist").assert_outcomes(passed=1)


def test_plain(app, capsys):
    exec(PLAIN, {"app": app})
    assert capsys.readouterr().out == "482913\n"


def test_asyncio(app):
    names = {"app": app}
    imported, _, body = ASYNCIO.partition("\n\n")
    exec(f"{imported}\nasync def main():\n{textwrap.indent(body, '    ')}\n    return mail", names)
    assert asyncio.run(names["main"]()).subject == "Password reset"
