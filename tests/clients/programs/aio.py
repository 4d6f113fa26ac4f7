"""aiosmtplib sends the cases that batch.py asks for."""

import asyncio
import ssl
import sys
from pathlib import Path

import aiosmtplib


async def send(name, security, port, ca, mechanism, user, secret, sender, recipients, mail):
    smtp = aiosmtplib.SMTP(
        hostname="localhost", port=int(port), local_hostname="app.local",
        use_tls=security == "implicit", start_tls=security == "starttls",
        tls_context=ssl.create_default_context(cafile=ca),
    )
    async with smtp:
        if mechanism:
            await smtp.ehlo()
            login = getattr(smtp, "auth_" + mechanism.lower().replace("-", ""))
            await login(user, secret)
        await smtp.sendmail(
            sender, recipients.split(","), Path(mail).read_bytes(),
            mail_options=["BODY=8BITMIME", "RET=HDRS", f"ENVID={name}"], rcpt_options=["NOTIFY=SUCCESS,FAILURE"],
        )


async def main():
    for line in sys.stdin:
        case = line.rstrip("\n").split("\t")
        try:
            await send(*case)
        except Exception as e:
            print(case[0], repr(e), sep="\t")


asyncio.run(main())
