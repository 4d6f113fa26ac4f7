// The client that waits, and an inbox of a test's own.
import { caller, NoServerError } from './errors.js'
import type { Attachment, Message } from './message.js'
import { milliseconds, toJson, type Open, type Question, type Span } from './question.js'
import { address, DEFAULT, found, LONGEST, read, SLACK } from './wire.js'

/** Where mail goes in. */
export interface Server {
  host: string
  port: number
}

/** What the maker of an inbox is told. */
export interface Made {
  name: string
  address: string
  username: string
  password: string
  cursor: number
  url: string
  expires_at: string | null
}

const environment = () => (globalThis as { process?: { env: Record<string, string | undefined> } }).process?.env.RESTANTE_URL

/** A server: the one of `url`, else of RESTANTE_URL, else on this machine. */
export class Restante {
  readonly url: string
  private known: Server | undefined

  constructor(url?: string) {
    this.url = address(url || environment() || DEFAULT)
  }

  /** Waits for mail as docs/expect.md says; an ExpectationError when it does not come. */
  expect(question: Question): Promise<Message>
  /** What no mail meets, by `none` or `at_most`, is null. */
  expect(question: Open): Promise<Message | null>
  async expect(question: Open): Promise<Message | null> {
    const fail = caller(this.expect)
    const wait = (milliseconds(question.timeout) ?? LONGEST) + SLACK
    return found(await this.call('POST', '/v1/expect', toJson(question), wait).catch(fail), this.url)
  }

  /** As `since` of a question: what comes after this moment only. */
  async cursor(): Promise<number> {
    return ((await this.call('GET', '/v1/cursor')) as { cursor: number }).cursor
  }

  /** The names of those that are there. */
  async inboxes(): Promise<string[]> {
    return ((await this.call('GET', '/v1/inboxes')) as { inboxes: { name: string }[] }).inboxes.map((inbox) => inbox.name)
  }

  /** Makes one that nobody else has; it goes by itself after its lifetime, an hour if nothing else is said. */
  async inbox({ name, lifetime = '1h' }: { name?: string; lifetime?: Span } = {}): Promise<Inbox> {
    return new Inbox(this, await this.make(name, lifetime), await this.smtp())
  }

  /** As `inbox`, but just what the server says of it. */
  async make(name?: string, lifetime: Span = '1h'): Promise<Made> {
    const wish = { name, lifetime: typeof lifetime === 'number' ? lifetime / 1000 : lifetime }
    return (await this.call('POST', '/v1/inboxes', wish)) as Made
  }

  async delete(inbox: string): Promise<void> {
    await this.call('DELETE', `/v1/inboxes/${encodeURIComponent(inbox)}`)
  }

  /** Host and port that take mail. */
  async smtp(): Promise<Server> {
    if (this.known === undefined) {
      const info = (await this.call('GET', '/v1/info')) as { smtp: { address: string } }
      this.known = { host: new URL(this.url).hostname, port: Number(info.smtp.address.split(':').pop()) }
    }
    return this.known
  }

  /** The decoded bytes of an attachment. */
  async content(attachment: Attachment): Promise<Uint8Array> {
    const answer = await this.fetch(attachment.url, {}, LONGEST)
    if (!answer.ok) read(answer.status, await answer.text())
    return new Uint8Array(await answer.arrayBuffer())
  }

  private async call(method: string, path: string, body?: unknown, wait = 30_000): Promise<unknown> {
    const answer = await this.fetch(this.url + path, body === undefined ? { method } : { method, body: JSON.stringify(body) }, wait)
    return read(answer.status, await answer.text())
  }

  private async fetch(url: string, init: RequestInit, wait: number): Promise<Response> {
    try {
      return await fetch(url, { ...init, signal: AbortSignal.timeout(wait) })
    } catch (error) {
      const cause = (error as { cause?: { code?: string } }).cause?.code ?? (error as Error).message
      const help = 'start one with `restante`, run the tests as `restante run -- npm test`, or name another with RESTANTE_URL'
      throw new NoServerError(`no Restante answers at ${this.url} (${cause}): ${help}`)
    }
  }
}

/** An inbox of a test's own (`Restante.inbox`); what it expects is in it. */
export class Inbox {
  readonly name: string
  /** Mail to this address comes here. */
  readonly address: string
  /** A sender that signs in by this name with `password` sends here, whatever the address. */
  readonly username: string
  readonly password: string
  /** The cursor when it was made. */
  readonly since: number
  /** Its page in the inspector. */
  readonly url: string

  constructor(
    readonly restante: Restante,
    made: Made,
    readonly smtp: Server,
  ) {
    this.name = made.name
    this.address = made.address
    this.username = made.username
    this.password = made.password
    this.since = made.cursor
    this.url = made.url
  }

  /** Another address of this inbox, for a test with several users: `NAME+who@inbox.test`. */
  addressOf(who: string): string {
    return this.address.replace('@', `+${who}@`)
  }

  /** Where an app sends its mail so that it comes here. */
  get smtpUrl(): string {
    return `smtp://${this.username}:${this.password}@${this.smtp.host}:${this.smtp.port}`
  }

  /** As `Restante.expect`, of this inbox. */
  expect(question: Question): Promise<Message>
  expect(question: Open): Promise<Message | null>
  async expect(question: Open): Promise<Message | null> {
    const fail = caller(this.expect)
    return this.restante.expect({ ...question, inbox: this.name } as Open).catch(fail)
  }

  cursor(): Promise<number> {
    return this.restante.cursor()
  }

  content(attachment: Attachment): Promise<Uint8Array> {
    return this.restante.content(attachment)
  }

  delete(): Promise<void> {
    return this.restante.delete(this.name)
  }
}
