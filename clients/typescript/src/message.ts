// The mail that was found.
import { caller, ExpectationError } from './errors.js'

export interface Address {
  name: string
  address: string
}

export interface Link {
  href: string
  text: string
}

/** `content()` of the client fetches the bytes. */
export interface Attachment {
  filename: string | null
  type: string
  size: number
  sha256: string | null
  inline: boolean
  path: string
  url: string
}

/** What the server tells of a message (docs/api.md, Message), as far as it is used here. */
export interface MessageJson {
  id: string
  subject: string
  text: string | null
  html: string | null
  from: Address[]
  to: Address[]
  cc: Address[]
  headers: { name: string; value: string; raw: string }[]
  links: Link[]
  codes: { value: string; context: string; certain: boolean }[]
  attachments: Omit<Attachment, 'url'>[]
  envelope: { from: string; to: string[] }
  [name: string]: unknown
}

/** The answer of `/v1/expect` that has a message. */
export interface Found {
  message: MessageJson
  matched: number
  duplicates: string[]
  cursor: number
  url: string
  code?: string
  link?: Link
}

/** Candidates that a failure lists. */
const LISTED = 10

/** The address with its percent signs decoded, where that can be done. */
function decoded(href: string): string {
  try {
    return decodeURIComponent(href)
  } catch {
    return href
  }
}

/** A pattern that a test may have used before, from its beginning. */
function within(pattern: RegExp | string, text: string): boolean {
  return typeof pattern === 'string' ? text.toLowerCase().includes(pattern.toLowerCase()) : text.search(pattern) !== -1
}

/** A message that came as expected. */
export class Message {
  /** All that the server tells of it. */
  readonly json: MessageJson
  /** How many mails were as expected; this is one of them. */
  readonly matched: number
  /** The ids of the others. */
  readonly duplicates: string[]
  /** As `since` of the next question: what comes later only. */
  readonly cursor: number
  /** Its page in the inspector. */
  readonly url: string

  constructor(
    private readonly found: Found,
    private readonly server: string,
  ) {
    this.json = found.message
    this.matched = found.matched
    this.duplicates = found.duplicates
    this.cursor = found.cursor
    this.url = found.url
  }

  get id(): string {
    return this.json.id
  }

  get subject(): string {
    return this.json.subject
  }

  /** The text part; `''` when there is none. */
  get text(): string {
    return this.json.text ?? ''
  }

  /** The HTML part; `''` when there is none. */
  get html(): string {
    return this.json.html ?? ''
  }

  /** The first address of From. */
  get sender(): Address | undefined {
    return this.json.from[0]
  }

  /** The addresses of To; `recipients` are those of the envelope. */
  get to(): Address[] {
    return this.json.to
  }

  get recipients(): string[] {
    return this.json.envelope.to
  }

  get links(): Link[] {
    return this.json.links.map(({ href, text }) => ({ href, text }))
  }

  get attachments(): Attachment[] {
    const at = `${this.server}/v1/messages/${encodeURIComponent(this.id)}/parts`
    return this.json.attachments.map((file) => ({ ...file, url: `${at}/${file.path}` }))
  }

  /** The decoded value of the first field of this name. */
  header(name: string): string | undefined {
    return this.json.headers.find((field) => field.name.toLowerCase() === name.toLowerCase())?.value
  }

  /** The code that a person would type: the one that was asked for with `code` in the question, the likeliest of so many
   *  digits, or what the first group of a pattern takes from the subject or a body. */
  code(wanted?: number | RegExp): string {
    const there = this.json.codes.map((code) => code.value)
    if (wanted === undefined) return this.found.code ?? there[0] ?? this.lacks('code', there, this.code)
    if (typeof wanted === 'number') {
      const digits = (code: string) => code.replace(/[ -]/g, '')
      return there.find((code) => /^\d+$/.test(digits(code)) && digits(code).length === wanted) ?? this.lacks(`code of ${wanted} digits`, there, this.code)
    }
    for (const body of [this.subject, this.text, this.html]) {
      const match = new RegExp(wanted.source, wanted.flags.replace(/[gy]/g, '')).exec(body)
      if (match) return match[1] ?? match[0]
    }
    return this.lacks(`code like ${wanted}`, there, this.code)
  }

  /** The first link whose address has this in it (as written or with its percent signs decoded), or if there is none,
   *  whose text has. Without it, the one of `link` in the question, or the first. */
  link(wanted?: RegExp | string): Link {
    const { links } = this
    if (wanted === undefined) return this.found.link ?? links[0] ?? this.lacks('link', [], this.link)
    const byAddress = links.find(({ href }) => within(wanted, href) || within(wanted, decoded(href)))
    return byAddress ?? links.find(({ text }) => within(wanted, text)) ?? this.lacks(`link like ${wanted}`, links.map((link) => link.href), this.link)
  }

  private lacks(what: string, there: string[], from: (wanted?: never) => unknown): never {
    const listed = there.slice(0, LISTED).join(', ') || 'none'
    return caller(from)(new ExpectationError(`no ${what} in "${this.subject}" (${this.url}); there is ${listed}`))
  }
}
