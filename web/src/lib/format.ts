// Numbers and times as the inspector writes them: exact where it matters, short where it repeats.

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
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]}`
}

/** `12,345`: the page is in English, so are its numbers. */
export function count(n: number): string {
  return n.toLocaleString('en-US')
}

export function bytes(n: number): string {
  return `${count(n)} ${n === 1 ? 'byte' : 'bytes'}`
}

/** Microseconds since a session began, in ms: `0.3`, `12.8`, `1,204`. */
export function offset(us: number): string {
  const ms = us / 1000
  return ms < 1000 ? ms.toFixed(1) : count(Math.round(ms))
}

export function duration(fromIso: string, toIso: string): string {
  const ms = Math.max(Date.parse(toIso) - Date.parse(fromIso), 0)
  if (ms < 1000) return `${ms} ms`
  if (ms < 60_000) return `${(ms / 1000).toFixed(1)} s`
  const minutes = Math.floor(ms / 60_000)
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

const two = (n: number) => String(n).padStart(2, '0')
const day = (d: Date) => `${d.getFullYear()}-${two(d.getMonth() + 1)}-${two(d.getDate())}`
const clock = (d: Date) => `${two(d.getHours())}:${two(d.getMinutes())}:${two(d.getSeconds())}`
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

/** In a row: the time today, the day this year, else the date. */
export function shortTime(iso: string, now: Date): string {
  const d = new Date(iso)
  if (Number.isNaN(d.getTime())) return ''
  if (day(d) === day(now)) return clock(d)
  return d.getFullYear() === now.getFullYear() ? `${d.getDate()} ${MONTHS[d.getMonth()]}` : day(d)
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
  return day(a) === day(b) ? clock(b) : longTime(iso)
}

/** In a message: local date and time to the second, with the offset from UTC. */
export function longTime(iso: string): string {
  const d = new Date(iso)
  if (Number.isNaN(d.getTime())) return iso
  const minutes = -d.getTimezoneOffset()
  const zone = `${minutes < 0 ? '-' : '+'}${two(Math.floor(Math.abs(minutes) / 60))}:${two(Math.abs(minutes) % 60)}`
  return `${day(d)} ${clock(d)} ${zone}`
}
