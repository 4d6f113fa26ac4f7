// A question as it is written in TypeScript, and as the server reads it (docs/expect.md).

/** A text as the server reads it (`~` a pattern, `=` all of it, `!` not), a regular expression, or it spelled out. */
export type Test = string | RegExp | { contains: string; not?: boolean } | { equals: string; not?: boolean } | { matches: string; not?: boolean }
/** All of a list must hold. */
export type Tests = Test | readonly Test[]
/** Milliseconds, or a text such as `20s`. */
export type Span = number | string

/** The words of `/v1/expect`. */
export interface Question {
  to?: Tests
  from?: Tests
  subject?: Tests
  text?: Tests
  html?: Tests
  header?: Record<string, Tests>
  has?: string | readonly string[]
  tag?: Tests
  inbox?: string | { name: string }
  via?: string
  q?: string
  tz?: string
  since?: number | string | Date
  count?: number
  exactly?: number
  at_least?: number
  for?: Span
  pick?: 'latest' | 'first' | 'only'
  timeout?: Span
  code?: boolean | number | string | RegExp
  link?: boolean | string | RegExp
  checks?: readonly Record<string, unknown>[]
}

/** A question that no mail at all may meet. */
export interface Open extends Question {
  none?: boolean
  at_most?: number
}

function source(pattern: RegExp): string {
  const flags = [...'ims'].filter((flag) => pattern.flags.includes(flag)).join('')
  return flags === '' ? pattern.source : `(?${flags})${pattern.source}`
}

function plain(value: unknown): unknown {
  if (value instanceof RegExp) return { matches: source(value) }
  if (value instanceof Date) return value.toISOString()
  if (Array.isArray(value)) return value.map(plain)
  if (value !== null && typeof value === 'object') return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]))
  return value
}

const time = (span: unknown) => (typeof span === 'number' ? `${Math.round(span)}ms` : span)

function told(word: string, value: unknown): unknown {
  if (word === 'timeout' || word === 'for') return time(value)
  if (word === 'code' && value instanceof RegExp) return source(value)
  if (word === 'link' && value instanceof RegExp) return `~${source(value)}`
  if (word === 'inbox' && typeof value === 'object' && value !== null && 'name' in value) return value.name
  return plain(value)
}

/** What the server is asked; a word it does not know is for it to refuse. */
export function toJson(question: Open): Record<string, unknown> {
  const given = Object.entries(question).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given.map(([word, value]) => [word, told(word, value)]))
}

/** How many milliseconds that is, where it can be told here. */
export function milliseconds(span: Span | undefined): number | undefined {
  if (typeof span !== 'string') return span
  const read = /^\s*([\d.]+)\s*(ms|s|m)?\s*$/.exec(span)
  return read ? Number(read[1]) * { ms: 1, s: 1000, m: 60_000 }[(read[2] ?? 's') as 'ms' | 's' | 'm'] : undefined
}
