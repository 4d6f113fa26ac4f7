// Which sessions a reader wants to see, and the list with only these.
import type { Item, Paged } from './paged'
import type { Session } from './wire'

export const KINDS = ['open', 'failed', 'notices', 'empty'] as const
export type Kind = (typeof KINDS)[number]

export interface Filter {
  kinds: readonly Kind[]
  text: string
}

export const ALL: Filter = { kinds: [], text: '' }
export const isAll = (filter: Filter) => filter.kinds.length === 0 && filter.text.trim() === ''

/** Ended otherwise than a client ends when all is well. */
export const isFailed = (s: Pick<Session, 'outcome'>) => !['quit', 'closed', 'open'].includes(s.outcome)

const IS: Record<Kind, (s: Session) => boolean> = {
  open: (s) => s.outcome === 'open',
  failed: isFailed,
  notices: (s) => s.notices > 0,
  empty: (s) => s.messages === 0,
}

export function fits(s: Session, { kinds, text }: Filter): boolean {
  const said = [s.client, s.helo, s.user, s.outcome, s.via].join('\n').toLowerCase()
  return kinds.every((kind) => IS[kind](s)) && text.toLowerCase().split(/\s+/).every((word) => said.includes(word))
}

/** The loaded items that fit, as a list that is whole. */
export function only<T extends Item>(list: Paged<T>, keep: (item: T) => boolean): Paged<T> {
  const stays = (id: string) => {
    const item = list.rows.get(id)
    return item !== undefined && keep(item)
  }
  const head = [...list.head, ...[...list.tail].reverse()].filter(stays)
  return { head, tail: [], total: head.length, least: null, rows: list.rows, headNext: null, tailNext: null }
}
