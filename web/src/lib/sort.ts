// The orders of the list. By time it is one list, read from either end; the others the server sorts
// when it is asked (docs/api.md), so they take in what is new only when they are loaded again.
import type { MailEvent } from './wire'

export const SORTS = ['newest', 'oldest', 'largest', 'smallest', 'sender', 'subject'] as const
export type Sort = (typeof SORTS)[number]
export type SortedBy = Exclude<Sort, 'newest' | 'oldest'>

export const sortOf = (text: unknown): Sort | null => SORTS.find((sort) => sort === text) ?? null

/** What the server must sort by, if it must. */
export const sortedBy = (sort: Sort): SortedBy | null => (sort === 'newest' || sort === 'oldest' ? null : sort)

/** So many new ones are counted; then there are "more than". */
export const COUNTED = 100

/** The ids that a sorted list does not have yet, after events: what came to its inbox and is still there. */
export function waiting(ids: ReadonlySet<string>, events: readonly MailEvent[], inbox: string | null): ReadonlySet<string> {
  const left = new Set(ids)
  for (const e of events) {
    if (left.size >= COUNTED) break
    if (e.type === 'message.added' && (inbox === null || e.message.inbox === inbox)) left.add(e.message.id)
    else if (e.type === 'message.deleted') left.delete(e.id)
  }
  return left
}

/** Whether events take away more of a list than its rows tell. */
export const clears = (events: readonly MailEvent[], inbox: string | null) =>
  events.some((e) => e.type === 'messages.cleared' && (e.inbox === null || inbox === null || e.inbox === inbox))
