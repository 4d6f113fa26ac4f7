// What the inspector knows of the store: the list of one inbox (or of all), the sessions, the counts.
// A reducer: a snapshot and events in, state out. Events come in batches and may come twice.
import * as paged from './paged'
import type { Page, Paged } from './paged'
import type * as wire from './wire'
import type { MailEvent, Session, SessionPage, Summary } from './wire'

/** An inbox as it is counted here, also one of which only events told. */
export type Inbox = Pick<wire.Inbox, 'name' | 'messages' | 'unread'>
type MessagePage = Pick<wire.MessagePage, 'messages' | 'next' | 'total' | 'cursor'> & Partial<Pick<wire.MessagePage, 'total_is_lower_bound'>>

/** What a row shows. The rest of a Summary is dropped, since a long list holds many of them. */
export type Row = Pick<
  Summary,
  'id' | 'seq' | 'inbox' | 'received_at' | 'subject' | 'size' | 'attachments' | 'read' | 'starred' | 'tags' | 'defects'
> & { from: string; to: string; snippet: string }

export interface Mailbox {
  /** The inbox that is shown; `null` for all of them. */
  readonly inbox: string | null
  /** Events up to here are in `list`. */
  readonly seq: number
  readonly list: Paged<Row>
  readonly inboxes: readonly Inbox[]
  readonly sessionSeq: number
  /** `null` until somebody looks at the sessions. */
  readonly sessions: Paged<Session> | null
  /** Ids known to be deleted, so that a page answered before the deletion does not bring them back. */
  readonly gone: ReadonlySet<string>
}

export function start(inbox: string | null = null): Mailbox {
  return { inbox, seq: 0, list: paged.empty(), inboxes: [], sessionSeq: 0, sessions: null, gone: new Set() }
}

const GONE_KEPT = 10_000
const SNIPPET_KEPT = 120

export function toRow(m: Summary): Row {
  const { id, seq, inbox, received_at, subject, size, attachments, read, starred, tags, defects } = m
  const sender = m.from[0]
  const from = sender ? sender.name || sender.address : m.envelope.from
  const named = [...m.to, ...m.cc].map((a) => a.name || a.address)
  const to = (named.length > 0 ? named : m.envelope.to).slice(0, 4).join(', ')
  return { id, seq, inbox, received_at, subject, size, attachments, read, starred, tags, defects, from, to, snippet: m.snippet.slice(0, SNIPPET_KEPT) }
}

const toPage = (state: Mailbox, page: MessagePage): Page<Row> => ({
  items: page.messages.filter((m) => !state.gone.has(m.id)).map(toRow),
  next: page.next,
})

/** Begins anew from the first page of a list. */
export function snapshot(state: Mailbox, inbox: string | null, page: MessagePage): Mailbox {
  return { ...state, inbox, seq: page.cursor, list: paged.firstPage(toPage(state, page), page.total, page.total_is_lower_bound) }
}

export function addPage(state: Mailbox, end: paged.End, page: MessagePage): Mailbox {
  const list = paged.append(state.list, end, toPage(state, page))
  // An answer as of now knows the length, but not better than one that knew it exactly.
  const { total, total_is_lower_bound: isLeast = false } = page
  const better = page.cursor === state.seq && list.headNext !== null && (list.least !== null || !isLeast)
  return { ...state, list: better ? paged.measured(list, total, isLeast) : list }
}

/** Takes over the answer to a change of our own, ahead of its event. */
export function patched(state: Mailbox, message: Summary): Mailbox {
  const after = apply(state, [{ type: 'message.updated', seq: Number.MAX_SAFE_INTEGER, message }])
  return { ...after, seq: state.seq }
}

export function sessionSnapshot(state: Mailbox, page: SessionPage): Mailbox {
  return { ...state, sessionSeq: page.cursor, sessions: paged.firstPage({ items: page.sessions, next: page.next }, page.total) }
}

export function addSessionPage(state: Mailbox, page: SessionPage): Mailbox {
  if (!state.sessions) return state
  return { ...state, sessions: paged.append(state.sessions, 'head', { items: page.sessions, next: page.next }) }
}

export function setInboxes(state: Mailbox, inboxes: readonly Inbox[]): Mailbox {
  return { ...state, inboxes }
}

/** Forgets everything: another store answers now. */
export function forget(state: Mailbox): Mailbox {
  return start(state.inbox)
}

export function unread(state: Mailbox, inbox: string | null = null): number {
  return state.inboxes.reduce((sum, i) => sum + (inbox === null || i.name === inbox ? i.unread : 0), 0)
}

/** Whether events cannot be applied to a list of which only a part is loaded, and it has to be loaded again. */
export function outgrown(state: Mailbox, events: readonly MailEvent[]): boolean {
  const mixed = state.inbox === null && state.list.rows.size < state.list.total
  return mixed && events.some((e) => e.type === 'messages.cleared' && e.inbox !== null && e.seq > state.seq)
}

/** Applies a batch of events in order. */
export function apply(state: Mailbox, events: readonly MailEvent[]): Mailbox {
  const batch = new Batch(state)
  for (const event of events) batch.take(event)
  return batch.done()
}

// Collects what a batch does to the lists, so that a burst of thousands copies each list once.
class Batch {
  private seq: number
  private sessionSeq: number
  private list: Paged<Row>
  private sessions: Paged<Session> | null
  private gone: ReadonlySet<string>
  private readonly counts: Map<string, Inbox>
  private readonly added = new Map<string, Row>()
  private readonly updated = new Map<string, Row>()
  private readonly removed = new Set<string>()
  private readonly opened = new Map<string, Session>()
  private readonly changed = new Map<string, Session>()

  constructor(private readonly before: Mailbox) {
    this.seq = before.seq
    this.sessionSeq = before.sessionSeq
    this.list = before.list
    this.sessions = before.sessions
    this.gone = before.gone
    this.counts = new Map(before.inboxes.map((i) => [i.name, { ...i }]))
  }

  take(event: MailEvent): void {
    if ('session' in event) {
      if (event.seq > this.sessionSeq) this.takeSession(event)
      return
    }
    if (event.seq <= this.seq) return
    this.seq = event.seq
    switch (event.type) {
      case 'message.added':
        return this.add(event.message)
      case 'message.updated':
        return this.update(event.message)
      case 'message.deleted':
        return this.delete(event.id, event.inbox)
      case 'messages.cleared':
        return this.clear(event.inbox, event.before)
      case 'inbox.added':
        return void this.count(event.name)
      case 'inbox.deleted':
        return void this.counts.delete(event.name)
    }
  }

  done(): Mailbox {
    this.flush()
    return {
      ...this.before,
      seq: this.seq,
      sessionSeq: this.sessionSeq,
      list: this.list,
      sessions: this.sessions,
      inboxes: [...this.counts.values()].sort((a, b) => a.name.localeCompare(b.name)),
      gone: newest(this.gone, GONE_KEPT),
    }
  }

  /** Most batches delete nothing, and then the set is not copied. */
  private forget(ids: readonly string[]): void {
    if (this.gone === this.before.gone) this.gone = new Set(this.gone)
    for (const id of ids) (this.gone as Set<string>).add(id)
  }

  private known(id: string): Row | undefined {
    return this.removed.has(id) ? undefined : (this.added.get(id) ?? this.updated.get(id) ?? this.list.rows.get(id))
  }

  private count(inbox: string): Inbox {
    const there = this.counts.get(inbox)
    if (there) return there
    const fresh: Inbox = { name: inbox, messages: 0, unread: 0 }
    this.counts.set(inbox, fresh)
    return fresh
  }

  private shown(inbox: string): boolean {
    return this.before.inbox === null || this.before.inbox === inbox
  }

  private add(message: Summary): void {
    if (this.gone.has(message.id) || this.known(message.id)) return
    const count = this.count(message.inbox)
    count.messages += 1
    if (!message.read) count.unread += 1
    if (this.shown(message.inbox)) this.added.set(message.id, toRow(message))
  }

  private update(message: Summary): void {
    const old = this.known(message.id)
    if (!old) return
    const row = toRow(message)
    if (old.read !== row.read) this.count(message.inbox).unread += row.read ? -1 : 1
    if (this.added.has(row.id)) this.added.set(row.id, row)
    else this.updated.set(row.id, row)
  }

  private delete(id: string, inbox: string): void {
    if (this.gone.has(id)) return
    const old = this.known(id)
    this.forget([id])
    const count = this.count(inbox)
    count.messages = Math.max(count.messages - 1, 0)
    if (old && !old.read) count.unread = Math.max(count.unread - 1, 0)
    if (!this.shown(inbox)) return
    // One that came and went within the batch never was in the list.
    if (!this.added.delete(id)) this.removed.add(id)
  }

  // Clearing takes a while: what came meanwhile (from `before` on) stays. It is new, so it is loaded.
  private clear(inbox: string | null, before: number): void {
    const goes = (row: Row) => row.seq < before && (inbox === null || row.inbox === inbox)
    for (const [id, row] of this.added) if (goes(row)) this.added.delete(id)
    this.flush()
    const rows = [...this.list.rows.values()]
    for (const [name, count] of this.counts) {
      if (inbox !== null && inbox !== name) continue
      const left = rows.filter((row) => row.inbox === name && !goes(row))
      Object.assign(count, { messages: left.length, unread: left.filter((row) => !row.read).length })
    }
    this.forget(rows.filter(goes).map((row) => row.id))
    if (inbox === null || inbox === this.before.inbox) {
      // What is not loaded is older than what is, so it is gone too.
      const left = this.list.head.map((id) => this.list.rows.get(id)).filter((row) => row !== undefined && !goes(row)) as Row[]
      this.list = paged.firstPage({ items: left, next: null }, left.length)
    } else {
      this.list = paged.remove(this.list, new Set(rows.filter(goes).map((row) => row.id)))
    }
  }

  private takeSession(event: Extract<MailEvent, { session: Session }>): void {
    this.sessionSeq = event.seq
    const { session } = event
    if (event.type === 'session.opened' || this.opened.has(session.id)) this.opened.set(session.id, session)
    else this.changed.set(session.id, session)
  }

  private flush(): void {
    this.list = paged.prepend(this.list, [...this.added.values()].reverse())
    this.list = paged.replace(this.list, [...this.updated.values()])
    this.list = paged.remove(this.list, this.removed)
    if (this.sessions) {
      this.sessions = paged.prepend(this.sessions, [...this.opened.values()].reverse())
      this.sessions = paged.replace(this.sessions, [...this.changed.values()])
    }
    for (const pending of [this.added, this.updated, this.removed, this.opened, this.changed]) pending.clear()
  }
}

function newest(ids: ReadonlySet<string>, limit: number): ReadonlySet<string> {
  return ids.size <= limit ? ids : new Set([...ids].slice(-limit))
}
