"""Postfix and Exim as sending servers. Both run from their unpacked Debian packages, with all they
write in a temporary folder: nothing of the system's own mail is asked, changed or left running.

They take a mail as a local program gives it to them, and send it on."""

import os
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path

from batch import CACHE
from commands import DEADLINE
from matrix import EXIM, POSTFIX, SECRET, SENDER, USER

# Debian has these in every installation; Postfix wants accounts that own nothing else.
OWNER, GROUP = "list", "uucp"


def service(case):
    return "to-" + case.name


# ── Postfix ─────────────────────────────────────────────────────────────────────────────────────

def postfix_settings(folder, target, cases):
    program = CACHE / "postfix"
    routes = ", ".join(
        f"{{{case.recipients[0].partition('@')[2]} = {service(case)}:[localhost]:{target.port(case)}}}" for case in cases
    )
    return f"""
compatibility_level = 3.6
mail_owner = {OWNER}
setgid_group = {GROUP}
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = {program}/usr/sbin
daemon_directory = {program}/usr/lib/postfix/sbin
meta_directory = {program}/etc/postfix
shlib_directory = no
import_environment = MAIL_CONFIG LD_LIBRARY_PATH
inet_interfaces = loopback-only
myhostname = app.local
mydestination =
alias_maps =
maillog_file = {folder}/queue/log
maillog_file_prefixes = {folder}
transport_maps = inline:{{ {routes} }}
smtp_host_lookup = native
lmtp_host_lookup = native
smtp_sasl_password_maps = static:{{{USER}:{SECRET}}}
smtp_sasl_security_options = noanonymous
smtp_tls_CAfile = {target.ca}
smtp_tls_verify_cert_match = hostname
smtp_tls_servername = hostname
"""


def postfix_services(cases):
    services = """
pickup  unix n - n - 1 pickup
cleanup unix n - n - 0 cleanup
qmgr    unix n - n - 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce  unix - - n - 0 bounce
defer   unix - - n - 0 bounce
trace   unix - - n - 0 bounce
error   unix - - n - - error
tlsmgr  unix - - n - 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""
    levels = {
        "plain": "-o smtp_tls_security_level=none",
        "starttls": "-o smtp_tls_security_level=verify",
        "implicit": "-o smtp_tls_security_level=verify -o smtp_tls_wrappermode=yes",
        "lmtp": "-o lmtp_tls_security_level=none",
    }
    for case in cases:
        options = levels[case.security]
        if case.mechanism:
            options += f" -o smtp_sasl_auth_enable=yes -o smtp_sasl_mechanism_filter={case.mechanism}"
        program = "lmtp" if case.security == "lmtp" else "smtp"
        services += f"{service(case)} unix - - n - 1 {program} {options}\n"
    return services


def postfix_queue(folder):
    """What `postfix set-permissions` would make."""
    queue = folder / "queue"
    for part in "active bounce corrupt defer deferred flush hold incoming maildrop private public saved trace".split():
        (queue / part).mkdir(parents=True)
        subprocess.run(["chown", f"{OWNER}:{GROUP}", queue / part], check=True)
    for part, mode in {"maildrop": 0o730, "public": 0o710, "private": 0o700}.items():
        (queue / part).chmod(mode)
    (queue / "pid").mkdir()
    (folder / "data").mkdir()
    subprocess.run(["chown", OWNER, folder / "data"], check=True)


@contextmanager
def postfix(folder, environment):
    """Its master, until the mail is gone."""
    output = folder / "output"
    with open(output, "wb") as file:
        master = CACHE / "postfix/usr/lib/postfix/sbin/master"
        process = subprocess.Popen([master, "-d", "-c", folder / "etc"], env=environment, stdout=file, stderr=file)
    try:
        end = time.monotonic() + DEADLINE
        log = folder / "queue" / "log"
        while not (log.exists() and "daemon started" in log.read_text()):
            if process.poll() is not None or time.monotonic() > end:
                raise AssertionError(f"Postfix did not start: {output.read_text()}")
        yield log
    finally:
        process.terminate()
        process.wait(DEADLINE)


def with_postfix(client, target):
    return through_postfix(list(client.cases()), target)


def through_postfix(cases, target):
    with tempfile.TemporaryDirectory(prefix="restante-postfix-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        (folder / "etc").mkdir()
        (folder / "etc/main.cf").write_text(postfix_settings(folder, target, cases))
        (folder / "etc/master.cf").write_text(postfix_services(cases))
        postfix_queue(folder)
        program = CACHE / "postfix/usr"
        environment = {
            "PATH": os.environ["PATH"], "MAIL_CONFIG": str(folder / "etc"), "LD_LIBRARY_PATH": str(program / "lib/postfix"),
        }
        with postfix(folder, environment) as log:
            for case in cases:
                command = [program / "sbin/sendmail", "-C", folder / "etc", "-i", "-B", "8BITMIME", "-f", SENDER]
                command += ["-N", "success,failure", "-R", "hdrs", "-V", case.name, *case.recipients]
                mail = target.mail.read_bytes().replace(b"\r\n", b"\n")
                done = subprocess.run(command, input=mail, env=environment, capture_output=True, timeout=DEADLINE)
                if done.returncode != 0:
                    raise AssertionError(f"Postfix's sendmail failed: {done.stderr.decode()}")
            return postfix_outcome(log, cases)


def postfix_outcome(log, cases):
    """Waits until it has told of every recipient, and gives what it could not send."""
    end = time.monotonic() + DEADLINE
    while True:
        lines = [line for line in log.read_text().splitlines() if " status=" in line]
        told = {case.name: [line for line in lines if f"to=<{case.recipients[-1]}>" in line] for case in cases}
        if all(told.values()):
            return {name: lines[0] for name, lines in told.items() if "status=sent" not in lines[0]}
        if time.monotonic() > end:
            return {name: "it never told" for name, lines in told.items() if not lines}


# ── Exim ────────────────────────────────────────────────────────────────────────────────────────

LOGINS = {
    "PLAIN": ("plaintext", f"client_send = ^{USER}^{SECRET}"),
    "LOGIN": ("plaintext", f"client_send = : {USER} : {SECRET}"),
    "CRAM-MD5": ("cram_md5", f"client_name = {USER}\n  client_secret = {SECRET}"),
    "XOAUTH2": ("plaintext", f'client_send = "user={USER}\\001auth=Bearer {SECRET}\\001\\001"'),
    "OAUTHBEARER": ("plaintext", f'client_send = "n,a={USER},\\001auth=Bearer {SECRET}\\001\\001"'),
}


def exim_settings(folder, case, target):
    options = f"  tls_verify_certificates = {folder}/ca.pem\n  tls_verify_hosts = *\n  tls_sni = localhost\n"
    if case.security == "plain":
        options += "  hosts_avoid_tls = *\n"
    else:
        options += "  hosts_require_tls = *\n"
    if case.security == "implicit":
        options += "  protocol = smtps\n"
    login = ""
    if case.mechanism:
        options += "  hosts_require_auth = *\n"
        driver, how = LOGINS[case.mechanism]
        login = f"begin authenticators\nit:\n  driver = {driver}\n  public_name = {case.mechanism}\n  {how}\n"
    return f"""
exim_path = {CACHE}/exim/usr/sbin/exim4
keep_environment = LD_PRELOAD : NSS_WRAPPER_PASSWD : NSS_WRAPPER_GROUP
spool_directory = {folder}/spool
log_file_path = {folder}/log/%s
primary_hostname = app.local
host_lookup =
disable_ipv6
deliver_drop_privilege
never_users =
dsn_advertise_hosts = *
acl_smtp_rcpt = accept
acl_smtp_data = accept
begin routers
all:
  driver = manualroute
  route_list = * localhost byname
  self = send
  transport = out
begin transports
out:
  driver = smtp
  port = {target.port(case)}
  allow_localhost
  hosts_try_dane =
{options}
{login}"""


def exim_accounts(folder):
    """Debian's build looks for an account that only its package's installation makes: this one
    process sees it through nss_wrapper."""
    (folder / "passwd").write_text("root:x:0:0::/:/bin/sh\nDebian-exim:x:8:8::/:/bin/false\nnobody:x:65534:65534::/:/bin/false\n")
    (folder / "group").write_text("root:x:0:\nDebian-exim:x:8:\nnogroup:x:65534:\n")
    return {
        "PATH": os.environ["PATH"], "LD_PRELOAD": "libnss_wrapper.so",
        "NSS_WRAPPER_PASSWD": str(folder / "passwd"), "NSS_WRAPPER_GROUP": str(folder / "group"),
    }


def dialogue(case, mail):
    """Exim takes the parameters of DSN only in SMTP, so it is spoken to on its standard input."""
    lines = ["EHLO app.local", f"MAIL FROM:<{SENDER}> BODY=8BITMIME RET=HDRS ENVID={case.name}"]
    lines += [f"RCPT TO:<{recipient}> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;{recipient}" for recipient in case.recipients]
    head = "".join(line + "\r\n" for line in [*lines, "DATA"]).encode()
    stuffed = b"".join(b"." + line if line.startswith(b".") else line for line in mail.splitlines(keepends=True))
    return head + stuffed + b".\r\nQUIT\r\n"


def with_exim(client, target):
    wrong = {}
    for case in client.cases():
        with tempfile.TemporaryDirectory(prefix="restante-exim-") as name:
            folder = Path(name)
            folder.chmod(0o755)
            for part in ["spool", "log"]:
                (folder / part).mkdir()
                subprocess.run(["chown", "mail:mail", folder / part], check=True)
            (folder / "ca.pem").write_bytes(target.ca.read_bytes())
            (folder / "conf").write_text(exim_settings(folder, case, target))
            command = [CACHE / "exim/usr/sbin/exim4", "-C", folder / "conf", "-odf", "-bs"]
            said = dialogue(case, target.mail.read_bytes())
            done = subprocess.run(command, input=said, env=exim_accounts(folder), capture_output=True, timeout=DEADLINE)
            log = "".join(file.read_text() for file in (folder / "log").iterdir())
            if done.returncode != 0 or " => " not in log or " == " in log or " ** " in log:
                wrong[case.name] = (done.stdout + done.stderr).decode(errors="replace") + log
    return wrong


SENDERS = {POSTFIX: with_postfix, EXIM: with_exim}
