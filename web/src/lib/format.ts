// Numbers and times as the inspector writes them: exact where it matters, short where it repeats,
// in the manner of the reader's language and time zone.
import type { Language } from './prefs'

// British dates are those that English readers elsewhere understand, too.
const LOCALES: Record<Language, string> = { en: 'en-GB', 'pt-BR': 'pt-BR' }

interface Manner {
  language: Language
  whole: Intl.NumberFormat
  tenths: Intl.NumberFormat
  parts: Intl.DateTimeFormat
  dayOfYear: Intl.DateTimeFormat
}

// Formatters are kept: making one takes a hundred times as long as using it.
function mannerOf(language: Language, timeZone: string | undefined): Manner {
  const locale = LOCALES[language]
  const two = '2-digit' as const
  const tenth = { minimumFractionDigits: 1, maximumFractionDigits: 1 }
  return {
    language,
    whole: new Intl.NumberFormat(locale, { maximumFractionDigits: 0 }),
    tenths: new Intl.NumberFormat(locale, tenth),
    parts: new Intl.DateTimeFormat('en-US', { timeZone, hourCycle: 'h23', year: 'numeric', month: two, day: two, hour: two, minute: two, second: two }),
    dayOfYear: new Intl.DateTimeFormat(locale, { timeZone, day: 'numeric', month: 'short' }),
  }
}

let manner = mannerOf('en', undefined)

/** From now on in this language, and in this time zone or the browser's. */
export function express(language: Language, zone: string | null): void {
  manner = mannerOf(language, zone ?? undefined)
}

const UNITS = ['KiB', 'MiB', 'GiB', 'TiB']

/** `532 B`, `1.2 KiB`, `34 MiB`. */
export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`
  let value = bytes
  let unit = -1
  do {
    value /= 1024
    unit += 1
  } while (value >= 1023.5 && unit < UNITS.length - 1)
  return `${value < 9.95 ? manner.tenths.format(value) : Math.round(value)} ${UNITS[unit]}`
}

/** `12,345`, or `12.345` in Portuguese; with a `+` behind it when there may be more. */
export function count(n: number, more = false): string {
  return manner.whole.format(n) + (more ? '+' : '')
}

/** The same word in English and Portuguese. */
export function bytes(n: number): string {
  return `${count(n)} ${n === 1 ? 'byte' : 'bytes'}`
}

/** Microseconds since a session began, in ms: `0.3`, `12.8`, `1,204`. */
export function offset(us: number): string {
  const ms = us / 1000
  return ms < 1000 ? manner.tenths.format(ms) : count(ms)
}

export function duration(fromIso: string, toIso: string): string {
  const ms = Math.max(Date.parse(toIso) - Date.parse(fromIso), 0)
  if (ms < 1000) return `${ms} ms`
  if (ms < 60_000) return `${manner.tenths.format(ms / 1000)} s`
  const minutes = Math.floor(ms / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

interface Fields {
  year: string
  month: string
  day: string
  hour: string
  minute: string
  second: string
}

/** What calendar and clock show there. */
const fields = (d: Date) => Object.fromEntries(manner.parts.formatToParts(d).map((p) => [p.type, p.value])) as unknown as Fields
const clock = (f: Fields) => `${f.hour}:${f.minute}:${f.second}`

/** `2026-11-22`, or `22/11/2026` in Portuguese. */
export function date({ year, month, day }: Pick<Fields, 'year' | 'month' | 'day'>): string {
  return manner.language === 'en' ? `${year}-${month}-${day}` : `${day}/${month}/${year}`
}

/** In a row: the time today, the day this year, else the date. */
export function shortTime(iso: string, now: Date): string {
  const d = new Date(iso)
  if (Number.isNaN(d.getTime())) return ''
  const [at, today] = [fields(d), fields(now)]
  if (date(at) === date(today)) return clock(at)
  return at.year === today.year ? manner.dayOfYear.format(d) : date(at)
}

/** How long ago, in a row: `now`, `12 s`, `3 min`, `5 h`, then as `shortTime`. */
export function relative(iso: string, now: Date, words: { now: string; s: (n: number) => string; min: (n: number) => string; h: (n: number) => string }): string {
  const seconds = Math.floor((now.getTime() - Date.parse(iso)) / 1000)
  if (Number.isNaN(seconds)) return ''
  if (seconds < 5) return words.now
  if (seconds < 60) return words.s(seconds)
  if (seconds < 3600) return words.min(Math.floor(seconds / 60))
  return seconds < 12 * 3600 ? words.h(Math.floor(seconds / 3600)) : shortTime(iso, now)
}

/** One of eight colours for a name, always the same one. */
export function hue(name: string): number {
  let sum = 0
  for (const c of name) sum = (sum * 31 + (c.codePointAt(0) ?? 0)) >>> 0
  return sum % 8
}

/** A second time beside a first one: without what both share. */
export function since(first: string, iso: string): string {
  const [a, b] = [new Date(first), new Date(iso)]
  if (Number.isNaN(a.getTime()) || Number.isNaN(b.getTime())) return longTime(iso)
  return date(fields(a)) === date(fields(b)) ? clock(fields(b)) : longTime(iso)
}

/** In a message: date and time to the second, with the offset from UTC. */
export function longTime(iso: string): string {
  const d = new Date(iso)
  if (Number.isNaN(d.getTime())) return iso
  const f = fields(d)
  const there = Date.UTC(Number(f.year), Number(f.month) - 1, Number(f.day), Number(f.hour), Number(f.minute), Number(f.second))
  const minutes = Math.round((there - Math.floor(d.getTime() / 1000) * 1000) / 60_000)
  const two = (n: number) => String(n).padStart(2, '0')
  const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
  return `${date(f)} ${clock(f)} ${zone}`
}
