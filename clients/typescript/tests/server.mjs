// The built program behind the tests, and mail for it. RESTANTE_BINARY names it.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Its address, told in RESTANTE_URL too, and how to stop it. */
export async function start() {
  const folder = await mkdtemp(join(tmpdir(), 'restante-client-'))
  const file = join(folder, 'ports.json')
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RESTANTE_')))
  const child = spawn(process.env.RESTANTE_BINARY, ['--smtp', 'localhost:0', '--http', 'localhost:0', '--ports-file', file], { env, stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'exit')
  // The banner comes when both ports accept and the file is there.
  const said = await Promise.race([once(child.stdout, 'data', { signal: AbortSignal.timeout(30_000) }), ended.then(() => null)])
  assert(said, 'the server did not start')
  const url = `http://localhost:${JSON.parse(await readFile(file, 'utf8')).http.split(':').pop()}`
  process.env.RESTANTE_URL = url
  const stop = async () => {
    child.kill('SIGTERM')
    const [code] = await ended
    await rm(folder, { recursive: true, force: true })
    assert.equal(code, 0)
  }
  return { url, stop }
}

const CODE = 'Your code is 482913'
export const HTML = '<p>Your code is <b>482 913</b></p><a href="https://app.test/reset/?t=1&amp;u=2">Reset it</a> <a href="https://app.test/">Home</a>'

/** Sends a mail through the server's own SMTP. */
export async function send(to, { subject = 'Your code', text = CODE, html, file } = {}) {
  const part = (type, body, more = '') => `--b\r\nContent-Type: ${type}\r\n${more}\r\n${body}\r\n`
  const parts = [part('text/plain', text), html ? part('text/html', html) : '', file ? part('application/pdf', file, 'Content-Disposition: attachment; filename=bill.pdf\r\n') : '']
  const head = `From: Shop <app@shop.test>\r\nTo: ${to}\r\nSubject: ${subject}\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n`
  const query = new URLSearchParams({ from: 'app@shop.test', to })
  const answer = await fetch(`${process.env.RESTANTE_URL}/v1/send?${query}`, { method: 'POST', body: `${head}${parts.join('')}--b--\r\n` })
  assert.equal(answer.status, 200, await answer.text())
}
