// The terms that chips stand for, within a query that may hold more (docs/search.md).

export const CHIPS = ['is:unread', 'is:starred', 'has:attachment', 'defect:*'] as const
export type Chip = (typeof CHIPS)[number]

export interface Term {
  text: string
  from: number
  to: number
}

/** Cuts a query at its spaces and brackets, but not inside quotes. Total: an open quote runs to the end. */
export function terms(q: string): Term[] {
  const found: Term[] = []
  let from = -1
  let quoted = false
  for (let i = 0; i <= q.length; i += 1) {
    const c = q[i]
    const ends = c === undefined || (!quoted && /[\s()]/.test(c))
    if (ends) {
      if (from >= 0) found.push({ text: q.slice(from, i), from, to: i })
      from = -1
      continue
    }
    if (from < 0) from = i
    if (quoted && c === '\\') i += 1
    else if (c === '"') quoted = !quoted
  }
  return found
}

export function has(q: string | null, term: string): boolean {
  return terms(q ?? '').some((t) => t.text === term)
}

/** The query with a term in it or out of it; `null` when nothing is left. */
export function toggle(q: string | null, term: string): string | null {
  const text = (q ?? '').trim()
  const there = terms(text).filter((t) => t.text === term)
  if (there.length === 0) {
    // OR binds least: what was asked for must stay together.
    const either = terms(text).some((t) => t.text === 'OR') && !/^\([^()]*\)$/.test(text)
    return [...(text ? [either ? `(${text})` : text] : []), term].join(' ')
  }
  let left = text
  for (const { from, to } of there.reverse()) left = `${left.slice(0, from).trimEnd()} ${left.slice(to).trimStart()}`.trim()
  return left || null
}

/** A value as it must be written behind a field's colon. */
export function quote(value: string): string {
  return /^[^\s()"\\=~*-][^\s()"\\*]*$/.test(value) ? value : `"${value.replace(/["\\]/g, '\\$&')}"`
}

/** `tag:beta`. */
export const term = (field: string, value: string) => `${field}:${quote(value)}`

/** The value of the first term of a field, as it is shown. */
export function valueOf(q: string | null, field: string): string | null {
  const found = terms(q ?? '').find((t) => t.text.startsWith(`${field}:`))
  if (!found) return null
  const value = found.text.slice(field.length + 1)
  return value.startsWith('"') ? value.slice(1).replace(/"$/, '').replace(/\\(.)/g, '$1') : value
}
