// nodemailer sends the cases that batch.py asks for.
import { readFileSync } from 'node:fs'
import { text } from 'node:stream/consumers'
import nodemailer from 'nodemailer'

function login(mechanism, user, secret) {
  if (!mechanism) return {}
  if (mechanism === 'XOAUTH2') return { auth: { type: 'OAuth2', user, accessToken: secret } }
  return { authMethod: mechanism, auth: { user, pass: secret } }
}

async function send([name, security, port, ca, mechanism, user, secret, sender, recipients, mail]) {
  const transport = nodemailer.createTransport({
    host: 'localhost',
    name: 'app.local',
    port: Number(port),
    secure: security === 'implicit',
    ignoreTLS: security === 'plain',
    requireTLS: security === 'starttls',
    tls: { ca: readFileSync(ca) },
    ...login(mechanism, user, secret),
  })
  await transport.sendMail({
    envelope: {
      from: sender,
      to: recipients.split(','),
      use8BitMime: true,
      dsn: { id: name, return: 'headers', notify: ['success', 'failure'] },
    },
    raw: readFileSync(mail),
  })
}

for (const line of (await text(process.stdin)).trimEnd().split('\n')) {
  const asked = line.split('\t')
  await send(asked).catch((e) => console.log(`${asked[0]}\t${e.message.replaceAll('\n', ' ')}`))
}
