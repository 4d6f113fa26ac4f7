// A long list of which only the two ends are loaded: `head` from the first item down, `tail` from the
// last item up, and a gap of known length between them. So a list of 100,000 shows its full height,
// jumps to its end at once, and holds only what somebody scrolled to. Where nobody knows how many there
// are, the gap never closes before a page of one end reaches the other.
// Pure: every function returns a new value. Knows neither messages nor the network.

export interface Item {
  id: string
}

export interface Paged<T extends Item> {
  /** Ids from the first on. */
  readonly head: readonly string[]
  /** Ids from the last back. */
  readonly tail: readonly string[]
  readonly total: number
  /** So many there are at least, while nobody knows; `total` then has room for one more than is loaded. */
  readonly least: number | null
  readonly rows: ReadonlyMap<string, T>
  /** Where to go on; `null` when that end has reached the other. */
  readonly headNext: string | null
  /** `undefined` before the first page from the end was asked for. */
  readonly tailNext: string | null | undefined
}

export interface Page<T> {
  items: readonly T[]
  next: string | null
}

export type End = 'head' | 'tail'

export function empty<T extends Item>(): Paged<T> {
  return { head: [], tail: [], total: 0, least: null, rows: new Map(), headNext: null, tailNext: undefined }
}

export function firstPage<T extends Item>(page: Page<T>, total: number, isLeast = false): Paged<T> {
  const head = page.items.map((item) => item.id)
  const list = { ...empty<T>(), head, rows: new Map(page.items.map((item) => [item.id, item])), headNext: page.next }
  return page.next === null ? measured(list, head.length) : measured(list, total, isLeast)
}

/** With this length, or with at least this one. */
export function measured<T extends Item>(list: Paged<T>, total: number, isLeast = false): Paged<T> {
  const loaded = list.head.length + list.tail.length
  const known = Math.max(total, loaded)
  return isLeast ? { ...list, least: known, total: Math.max(known, loaded + 1) } : { ...list, least: null, total: known }
}

/** What is known of the length, changed by so many. */
const again = <T extends Item>(list: Paged<T>, by = 0) => measured(list, (list.least ?? list.total) + by, list.least !== null)

/** The id at a place of the whole list, or `undefined` inside the gap. */
export function idAt<T extends Item>(list: Paged<T>, index: number): string | undefined {
  if (index < list.head.length) return list.head[index]
  return list.tail[list.total - 1 - index]
}

export function rowAt<T extends Item>(list: Paged<T>, index: number): T | undefined {
  const id = idAt(list, index)
  return id === undefined ? undefined : list.rows.get(id)
}

/** The place of a loaded id, or -1. */
export function indexOf<T extends Item>(list: Paged<T>, id: string): number {
  if (!list.rows.has(id)) return -1
  const inHead = list.head.indexOf(id)
  if (inHead >= 0) return inHead
  const inTail = list.tail.indexOf(id)
  return inTail < 0 ? -1 : list.total - 1 - inTail
}

/** Items that came in front of all others, the newest first. Known ids are left alone. */
export function prepend<T extends Item>(list: Paged<T>, items: readonly T[]): Paged<T> {
  const fresh = items.filter((item) => !list.rows.has(item.id))
  if (fresh.length === 0) return list
  const rows = new Map(list.rows)
  for (const item of fresh) rows.set(item.id, item)
  return again({ ...list, rows, head: [...fresh.map((item) => item.id), ...list.head] }, fresh.length)
}

/** Puts new values in the place of loaded ones; the others stay unloaded. */
export function replace<T extends Item>(list: Paged<T>, items: readonly T[]): Paged<T> {
  const known = items.filter((item) => list.rows.has(item.id))
  if (known.length === 0) return list
  const rows = new Map(list.rows)
  for (const item of known) rows.set(item.id, item)
  return { ...list, rows }
}

/** Takes items out. Ids that are not loaded were somewhere in the gap, which gets shorter. */
export function remove<T extends Item>(list: Paged<T>, ids: ReadonlySet<string>): Paged<T> {
  if (ids.size === 0) return list
  const rows = new Map(list.rows)
  let loaded = 0
  for (const id of ids) if (rows.delete(id)) loaded += 1
  const gap = list.total - list.head.length - list.tail.length
  const fromGap = Math.min(ids.size - loaded, gap)
  const stays = (id: string) => !ids.has(id)
  const [head, tail] = loaded ? [list.head.filter(stays), list.tail.filter(stays)] : [list.head, list.tail]
  return again({ ...list, rows, head, tail }, -loaded - fromGap)
}

/** Adds a page that was asked for at one end. The ends are joined where they meet. */
export function append<T extends Item>(list: Paged<T>, end: End, page: Page<T>): Paged<T> {
  const fresh = page.items.filter((item) => !list.rows.has(item.id))
  // Something known in a page means that it reached the other end.
  const met = fresh.length < page.items.length && list.rows.size > 0 && (end === 'tail' || list.tail.length > 0)
  const rows = new Map(list.rows)
  for (const item of fresh) rows.set(item.id, item)
  const ids = fresh.map((item) => item.id)
  const head = end === 'head' ? [...list.head, ...ids] : list.head
  const tail = end === 'tail' ? [...list.tail, ...ids] : list.tail
  if (met || page.next === null) {
    const all = [...head, ...[...tail].reverse()]
    return { head: all, tail: [], total: all.length, least: null, rows, headNext: null, tailNext: null }
  }
  return again({ ...list, head, tail, rows, ...(end === 'head' ? { headNext: page.next } : { tailNext: page.next }) })
}

/** Which end to load next, and how much, so that `first..=last` and a margin around it are there. */
export function wanted<T extends Item>(
  list: Paged<T>,
  first: number,
  last: number,
  margin = 60,
): { end: End; limit: number } | null {
  const gapStart = list.head.length
  const gapEnd = list.total - list.tail.length
  if (gapStart >= gapEnd || list.headNext === null) return null
  const from = Math.max(first - margin, 0)
  const to = Math.min(last + margin, list.total - 1)
  if (to < gapStart || from >= gapEnd) return null
  const downward = to + 1 - gapStart
  const upward = gapEnd - from
  const end: End = list.tailNext !== null && upward < downward ? 'tail' : 'head'
  const missing = end === 'tail' ? upward : downward
  return { end, limit: Math.min(Math.max(missing, 100), 500) }
}

/** The same list read from its last item up: for showing, not for changing. */
export function flip<T extends Item>(list: Paged<T>): Paged<T> {
  return { ...list, head: list.tail, tail: list.head }
}
