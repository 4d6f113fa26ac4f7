// The terms that chips stand for, within a query that may hold more (docs/search.md).

export const CHIPS = ['is:unread', 'is:starred', 'has:attachment'] as const
export type Chip = (typeof CHIPS)[number]

const terms = (q: string | null) => (q ?? '').split(/\s+/).filter((t) => t !== '')

export function has(q: string | null, chip: Chip): boolean {
  return terms(q).includes(chip)
}

/** The query with a chip's term in it or out of it; `null` when nothing is left. */
export function toggle(q: string | null, chip: Chip): string | null {
  if (!has(q, chip)) return [...(q?.trim() ? [q.trim()] : []), chip].join(' ')
  return (q ?? '').replace(new RegExp(`(^|\\s)${chip}(?=\\s|$)`), '').trim() || null
}
