// The binary under test: started on free ports, sent mail, asked over HTTP, stopped by a signal.
import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import nodemailer from 'nodemailer'

const ROOT = fileURLToPath(new URL('../..', import.meta.url))
export const DEADLINE = 30_000

/** Where Cargo puts the debug binary, wherever its target folder is. */
function binary() {
  const arguments_ = ['metadata', '--format-version', '1', '--no-deps', '--offline']
  const metadata = JSON.parse(execFileSync('cargo', arguments_, { cwd: ROOT, maxBuffer: 1e8 }))
  const path = join(metadata.target_directory, 'debug', 'restante')
  if (!existsSync(path)) throw new Error(`there is no ${path}: run \`cargo build\` first`)
  return path
}
export const BINARY = binary()

export class Server {
  /** `kept`: with a store that outlives a restart; `shell`: a line of it before the program begins. */
  static async start({ kept = false, args = [], env = {}, shell = '' } = {}) {
    const server = new Server()
    server.folder = await mkdtemp(join(tmpdir(), 'restante-browser-'))
    server.env = env
    server.shell = shell
    server.args = [...(kept ? ['--store', join(server.folder, 'mail.db')] : []), ...args]
    await server.run('localhost:0', 'localhost:0')
    return server
  }

  async run(smtp, http) {
    const file = join(this.folder, 'ports.json')
    const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('RESTANTE_')))
    const child = spawn('sh', ['-c', `${this.shell}\nexec "$0" "$@"`, BINARY, '--smtp', smtp, '--http', http, '--ports-file', file, ...this.args], {
      env: { ...environment, ...this.env },
      stdio: ['ignore', 'pipe', 'inherit'],
    })
    this.child = child
    this.ended = once(child, 'exit')
    // The banner comes when both ports accept and the file is there.
    const ready = await Promise.race([once(child.stdout, 'data', { signal: AbortSignal.timeout(DEADLINE) }), this.ended.then(() => null)])
    if (ready === null) throw new Error('the server did not start')
    const ports = JSON.parse(await readFile(file, 'utf8'))
    this.smtp = Number(ports.smtp.split(':').pop())
    this.http = Number(ports.http.split(':').pop())
    this.url = `http://localhost:${this.http}`
    this.transport = nodemailer.createTransport({ host: 'localhost', port: this.smtp, secure: false, name: 'app.local' })
  }

  /** Sends one mail, as nodemailer describes it, and tells its id. */
  async send(mail) {
    const { response } = await this.transport.sendMail({ from: 'app@example.com', to: 'ann@example.com', ...mail })
    return /queued as (\w+)/.exec(response)[1]
  }

  async sendAll(mails) {
    const pool = nodemailer.createTransport({ host: 'localhost', port: this.smtp, secure: false, pool: true, maxConnections: 4, maxMessages: Infinity })
    await Promise.all(mails.map((mail) => pool.sendMail({ from: 'app@example.com', to: 'ann@example.com', ...mail })))
    pool.close()
  }

  /** Changes a message. */
  async change(id, change) {
    const answer = await fetch(`${this.url}/v1/messages/${id}`, { method: 'PATCH', body: JSON.stringify(change) })
    if (!answer.ok) throw new Error(`PATCH ${id}: ${answer.status}`)
  }

  /** Puts a mail into an inbox, without SMTP. */
  async deposit(inbox, raw) {
    const answer = await fetch(`${this.url}/v1/messages?inbox=${inbox}`, { method: 'POST', body: raw })
    if (!answer.ok) throw new Error(`POST: ${answer.status}`)
    return (await answer.json()).id
  }

  async call(method, path, body) {
    const answer = await fetch(this.url + path, { method, body: body === undefined ? undefined : JSON.stringify(body) })
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status}`)
  }

  async get(path) {
    const answer = await fetch(this.url + path)
    if (!answer.ok) throw new Error(`GET ${path}: ${answer.status}`)
    return answer
  }

  async json(path) {
    return (await this.get(path)).json()
  }

  async stop() {
    this.child.kill('SIGTERM')
    const [code] = await this.ended
    if (code !== 0) throw new Error(`the server ended with ${code}`)
  }

  /** Again on the ports it had. */
  start() {
    return this.run(`localhost:${this.smtp}`, `localhost:${this.http}`)
  }

  async close() {
    // An orderly end: a killed server leaves its temporary store behind.
    if (this.child.exitCode === null && this.child.signalCode === null) await this.stop()
    await rm(this.folder, { recursive: true, force: true })
  }
}
