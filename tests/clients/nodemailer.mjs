// Sends with nodemailer what standard input asks for, as JSON:
//   {port, pool?, auth?, mails: [{from, to, subject, text, html, raw, files}]}
// and prints for each mail the server's last reply and the bytes that nodemailer composed.
import { PassThrough } from 'node:stream'
import { text } from 'node:stream/consumers'
import nodemailer from 'nodemailer'

const asked = JSON.parse(await text(process.stdin))
const transport = nodemailer.createTransport({
  host: 'localhost',
  port: asked.port,
  secure: false,
  pool: asked.pool ?? false,
  maxConnections: 1,
  ...(asked.auth ? { auth: asked.auth } : {}),
})

// The composed bytes pass here on their way to the wire; dots are doubled only after.
const composed = new Map()
transport.use('stream', (mail, next) => {
  const chunks = []
  composed.set(mail.data.headers?.['X-Mail'] ?? mail.data.name, chunks)
  mail.message.processFunc((input) => {
    input.on('data', (chunk) => chunks.push(chunk))
    return input.pipe(new PassThrough())
  })
  next()
})

function options(mail) {
  const envelope = { from: mail.from, to: mail.to }
  if (mail.raw) return { name: mail.name, envelope, raw: Buffer.from(mail.raw, 'base64') }
  return {
    name: mail.name,
    from: mail.from,
    to: mail.to,
    subject: mail.subject,
    text: mail.text,
    html: mail.html ?? undefined,
    attachments: mail.files.map((f) => ({
      filename: f.name,
      contentType: f.type,
      content: Buffer.from(f.content, 'base64'),
      ...(f.cid ? { cid: f.cid, contentDisposition: 'inline' } : {}),
    })),
  }
}

const send = async (mail) => {
  const info = await transport.sendMail(options(mail))
  return { name: mail.name, response: info.response, bytes: Buffer.concat(composed.get(mail.name)).toString('base64') }
}
const sent = await Promise.all(asked.mails.map(send))
transport.close()
console.log(JSON.stringify(sent))
