// The empty page: for each language and framework the lines that point an app at this server.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import nodemailer from 'nodemailer'
import { gone, live, row, seen } from './look.mjs'
import { scenario } from './scenario.mjs'
import { BINARY } from './server.mjs'

const run = promisify(execFile)
const HERE = fileURLToPath(new URL('.', import.meta.url))

/** What has to stand in each. */
const LINES = (host, port) => ({
  Environment: [`SMTP_HOST=${host}`, `SMTP_PORT=${port}`, `SMTP_URL=smtp://${host}:${port}`],
  Rails: ['# config/environments/development.rb', 'config.action_mailer.delivery_method = :smtp', `config.action_mailer.smtp_settings = { address: "${host}", port: ${port} }`],
  Django: ['# settings.py', 'EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"', `EMAIL_HOST = "${host}"`, `EMAIL_PORT = ${port}`],
  Laravel: ['# .env', 'MAIL_MAILER=smtp', `MAIL_HOST=${host}`, `MAIL_PORT=${port}`],
  Node: ['import nodemailer from "nodemailer"', `  host: "${host}",`, `  port: ${port},`, '  secure: false,'],
  Spring: ['# application.properties', `spring.mail.host=${host}`, `spring.mail.port=${port}`],
  '.NET': ['// appsettings.Development.json', `"Smtp": { "Host": "${host}", "Port": ${port} }`, `await client.ConnectAsync("${host}", ${port}, SecureSocketOptions.None);`],
  PHP: ['; php.ini', `sendmail_path = "msmtp --host=${host} --port=${port} --from=app@example.com -t"`, `SMTP = ${host}`, `smtp_port = ${port}`],
  Go: [`smtp.SendMail("${host}:${port}", nil,`],
  Shell: [`swaks --server ${host}:${port} --from app@example.com --to you@example.com`],
})

scenario('each language and framework has its lines, with the real host and port, to be copied', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  await page.context().grantPermissions(['clipboard-read', 'clipboard-write'])
  await seen(live(page))
  const copied = (text) => page.waitForFunction(async (text) => (await navigator.clipboard.readText()) === text, text)
  const tabs = page.getByRole('tablist', { name: 'Settings to copy' }).getByRole('tab')
  const all = LINES('127.0.0.1', server.smtp)
  assert.deepEqual(await tabs.allTextContents(), Object.keys(all))
  const panel = page.getByRole('tabpanel')
  const codes = {}
  for (const [name, lines] of Object.entries(all)) {
    await page.getByRole('tab', { name, exact: true }).click()
    const code = await panel.locator('pre').innerText()
    for (const line of lines) assert.ok(code.split('\n').includes(line), `${name}: ${line}\nin\n${code}`)
    await panel.getByRole('button', { name: 'Copy' }).click()
    await copied(code)
    codes[name] = code
  }
  for (const [name, value] of [['Host', '127.0.0.1'], ['Port', String(server.smtp)]]) {
    await page.getByRole('button', { name: `Copy: ${name}` }).click()
    await copied(value)
  }
  // What can be tried here does what it says.
  const mail = '{ from: "app@example.com", to: "you@example.com", subject: "Of Node", text: "x" }'
  await run('node', ['--input-type=module', '-e', `${codes.Node}\nawait mail.sendMail(${mail})`], { cwd: HERE })
  await seen(row(page, 'Of Node'))
  await nodemailer.createTransport(/SMTP_URL=(.*)/.exec(codes.Environment)[1]).sendMail({ from: 'app@example.com', to: 'you@example.com', subject: 'Of the environment', text: 'x' })
  await seen(row(page, 'Of the environment'))
  await run('sh', ['-ec', codes.Shell], { env: { ...process.env, PATH: `${dirname(BINARY)}:${process.env.PATH}` } })
  const { messages } = await server.json('/v1/messages')
  assert.equal(messages.length, 4)
})

scenario('a button sends a test mail, which takes the place of the page', async (stage) => {
  const server = await stage.server()
  const page = await stage.page(server)
  await seen(live(page))
  await page.getByRole('button', { name: 'Send a test mail' }).click()
  await seen(row(page, 'It works: a test mail'))
  await gone(page.getByRole('heading', { name: 'Waiting for mail' }))
  const [{ envelope }] = (await server.json('/v1/messages')).messages
  assert.deepEqual([envelope.from, envelope.to], ['you@example.com', ['app@example.com']])
})
