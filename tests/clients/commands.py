"""Clients that send one mail a run: smtplib in this process, and commands."""

import smtplib
import ssl
import subprocess
import tempfile
from pathlib import Path

from matrix import CURL, MSMTP, SECRET, SENDER, SMTPLIB, SWAKS, USER

DEADLINE = 60


def run(command, stdin=b""):
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=DEADLINE)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace")
        raise AssertionError(f"{command[0]} failed with {done.returncode}:\n{said}")


def one_by_one(send):
    """A sender that calls this for each of a client's cases, and tells what went wrong by case."""
    def all_of(client, target):
        wrong = {}
        for case in client.cases():
            try:
                send(case, target)
            except Exception as e:  # shown by the test of this case
                wrong[case.name] = f"{type(e).__name__}: {e}"
        return wrong
    return all_of


def with_smtplib(case, target):
    context = ssl.create_default_context(cafile=target.ca)
    port = target.port(case)
    if case.security == "implicit":
        smtp = smtplib.SMTP_SSL("localhost", port, timeout=DEADLINE, context=context)
    else:
        smtp = smtplib.SMTP("localhost", port, timeout=DEADLINE)
    with smtp:
        if case.security == "starttls":
            smtp.starttls(context=context)
        smtp.ehlo()
        if case.mechanism:
            smtp.user, smtp.password = USER, SECRET
            smtp.auth(case.mechanism, getattr(smtp, "auth_" + case.mechanism.lower().replace("-", "_")))
        smtp.sendmail(
            SENDER, case.recipients, target.mail.read_bytes(),
            mail_options=["BODY=8BITMIME", "RET=HDRS", f"ENVID={case.name}"], rcpt_options=["NOTIFY=SUCCESS,FAILURE"],
        )


def with_curl(case, target):
    scheme = "smtps" if case.security == "implicit" else "smtp"
    command = ["curl", "--silent", "--show-error", "--url", f"{scheme}://localhost:{target.port(case)}/app.local"]
    command += ["--mail-from", SENDER, "--upload-file", target.mail]
    for recipient in case.recipients:
        command += ["--mail-rcpt", recipient]
    if case.security != "plain":
        command += ["--ssl-reqd", "--cacert", target.ca]
    if case.mechanism in ["XOAUTH2", "OAUTHBEARER"]:
        command += ["--user", f"{USER}:", "--oauth2-bearer", SECRET]
    elif case.mechanism:
        command += ["--user", f"{USER}:{SECRET}"]
    if case.mechanism:
        command += ["--login-options", f"AUTH={case.mechanism}"]
    run(command)


def with_swaks(case, target):
    command = ["swaks", "--server", f"localhost:{target.port(case)}", "--helo", "app.local", "--from", SENDER]
    command += ["--to", ",".join(case.recipients)]
    tls = ["--tls-verify", "--tls-ca-path", target.ca, "--tls-sni", "localhost"]
    if case.security == "starttls":
        command += ["--tls", *tls]
    if case.security == "implicit":
        command += ["--tlsc", *tls]
    if case.mechanism:
        command += ["--auth", case.mechanism, "--auth-user", USER, "--auth-password", SECRET]
    with tempfile.NamedTemporaryFile(prefix="swaks-", suffix=".eml") as file:
        # It puts a line end of its own before the last dot.
        file.write(target.mail.read_bytes().removesuffix(b"\r\n"))
        file.flush()
        run([*command, "--data", f"@{file.name}"])


def with_msmtp(case, target):
    settings = ["defaults", "account default", "host localhost", f"port {target.port(case)}", "domain app.local"]
    settings += [f"from {SENDER}"]
    if case.security != "plain":
        settings += ["tls on", f"tls_starttls {'on' if case.security == 'starttls' else 'off'}", f"tls_trust_file {target.ca}"]
    if case.mechanism:
        settings += [f"auth {case.mechanism.lower()}", f"user {USER}", f"password {SECRET}"]
    settings += ["dsn_return headers", "dsn_notify success,failure"]
    with tempfile.TemporaryDirectory(prefix="msmtp-") as folder:
        file = Path(folder, "msmtprc")
        file.write_text("\n".join(settings) + "\n")
        file.chmod(0o600)
        # It ends lines itself.
        mail = target.mail.read_bytes().replace(b"\r\n", b"\n")
        run(["msmtp", f"--file={file}", "--", *case.recipients], mail)


SENDERS = {
    SMTPLIB: one_by_one(with_smtplib),
    CURL: one_by_one(with_curl),
    SWAKS: one_by_one(with_swaks),
    MSMTP: one_by_one(with_msmtp),
}
