import { describe, expect, it } from 'vitest'
import { addPage, apply, outgrown, patched, sessionSnapshot, setInboxes, snapshot, start, unread, type Mailbox } from './mailbox'
import { added, deleted, session, summary } from './samples'
import type { MailEvent, Summary } from './wire'

function loaded(messages: Summary[], more: { next?: string | null; total?: number; cursor?: number; inbox?: string | null } = {}): Mailbox {
  const { next = null, total = messages.length, cursor = 10, inbox = null } = more
  const counted = setInboxes(start(), [{ name: 'default', messages: total, unread: messages.filter((m) => !m.read).length }])
  return snapshot(counted, inbox, { messages, next, total, cursor })
}
const ids = (state: Mailbox) => state.list.head
const cleared = (seq: number, inbox: string | null): MailEvent => ({ type: 'messages.cleared', seq, inbox, before: seq })
const updated = (seq: number, message: Summary): MailEvent => ({ type: 'message.updated', seq, message })

describe('messages', () => {
  const two = loaded([summary(9), summary(8)])

  it('come in newest first', () => {
    const state = apply(two, [added(11), added(12)])
    expect(ids(state)).toEqual(['m000012', 'm000011', 'm000009', 'm000008'])
    expect(state.seq).toBe(12)
    expect(state.inboxes).toEqual([{ name: 'default', messages: 4, unread: 4 }])
  })

  it('that the snapshot already had change nothing', () => {
    expect(ids(apply(two, [added(9), deleted(10, 8)]))).toEqual(['m000009', 'm000008'])
  })

  it('come once, even when events come twice', () => {
    const once = apply(two, [added(11)])
    expect(apply(once, [added(11)])).toMatchObject({ list: once.list, inboxes: once.inboxes })
  })

  it('that come while others are cleared stay', () => {
    const state = apply(two, [added(11), added(12), { ...cleared(13, null), before: 12 } as MailEvent])
    expect(ids(state)).toEqual(['m000012'])
    expect(state.inboxes[0]).toEqual({ name: 'default', messages: 1, unread: 1 })
  })

  it('that come and go in one batch leave no trace', () => {
    const state = apply(two, [added(11), deleted(12, 11)])
    expect(state.list.total).toBe(2)
    expect(state.inboxes[0]).toEqual({ name: 'default', messages: 2, unread: 2 })
  })

  it('go away, and stay away when an older page still holds them', () => {
    const partial = loaded([summary(9)], { next: 'c', total: 3 })
    const state = apply(partial, [deleted(11, 8)])
    expect(state.list.total).toBe(2)
    const page = addPage(state, 'head', { messages: [summary(8), summary(7)], next: null, total: 3, cursor: 10 })
    expect(ids(page)).toEqual(['m000009', 'm000007'])
  })

  it('of another inbox are counted, not listed', () => {
    const state = apply(loaded([summary(9)], { inbox: 'default' }), [added(11, { inbox: 'ci' })])
    expect(ids(state)).toEqual(['m000009'])
    expect(unread(state, 'ci')).toBe(1)
    expect(unread(state)).toBe(2)
  })

  it('change their row and the unread count', () => {
    const state = apply(two, [updated(11, summary(9, { read: true }))])
    expect(state.list.rows.get('m000009')?.read).toBe(true)
    expect(unread(state)).toBe(1)
  })

  it('changed by ourselves change at once, and not twice with their event', () => {
    const ours = patched(two, summary(9, { read: true }))
    expect(ours.seq).toBe(10)
    expect(unread(ours)).toBe(1)
    expect(unread(apply(ours, [updated(11, summary(9, { read: true }))]))).toBe(1)
  })

  it('name a recipient from the envelope when no header does', () => {
    const state = apply(two, [added(11, { to: [], from: [], envelope: { from: '', to: ['x@example.com'] } })])
    expect(state.list.rows.get('m000011')).toMatchObject({ to: 'x@example.com', from: '' })
  })

  it('of a burst of ten thousand are taken quickly', () => {
    const burst = Array.from({ length: 10_000 }, (_, i) => added(i + 11))
    const state = apply(two, burst)
    expect(state.list.total).toBe(10_002)
    expect(ids(state)[0]).toBe('m010010')
  })
})

describe('clearing', () => {
  it('takes everything before it, loaded or not, and nothing after', () => {
    const state = apply(loaded([summary(9)], { next: 'c', total: 50 }), [added(11), cleared(12, null), added(13)])
    expect(ids(state)).toEqual(['m000013'])
    expect(state.list.total).toBe(1)
    expect(state.inboxes).toEqual([{ name: 'default', messages: 1, unread: 1 }])
  })

  it('of one inbox leaves the others', () => {
    const mixed = loaded([summary(9), summary(8, { inbox: 'ci' })])
    expect(ids(apply(mixed, [cleared(11, 'ci')]))).toEqual(['m000009'])
    expect(ids(apply(loaded([summary(9)], { inbox: 'default' }), [cleared(11, 'ci')]))).toEqual(['m000009'])
  })

  it('of one inbox asks for a new list when a part of the mixed one is not loaded', () => {
    expect(outgrown(loaded([summary(9)], { next: 'c', total: 50 }), [cleared(11, 'ci')])).toBe(true)
    expect(outgrown(loaded([summary(9)]), [cleared(11, 'ci')])).toBe(false)
    expect(outgrown(loaded([summary(9)], { next: 'c', total: 50, inbox: 'ci' }), [cleared(11, 'ci')])).toBe(false)
  })
})

describe('inboxes', () => {
  it('are there when somebody makes them, and go when they are deleted', () => {
    const made = apply(loaded([summary(9)]), [{ type: 'inbox.added', seq: 11, name: 'signup-1' }])
    expect(made.inboxes).toEqual([{ name: 'default', messages: 1, unread: 1 }, { name: 'signup-1', messages: 0, unread: 0 }])
    expect(made.seq).toBe(11)
    const left = apply(made, [cleared(12, 'signup-1'), { type: 'inbox.deleted', seq: 13, name: 'signup-1' }])
    expect(left.inboxes.map((i) => i.name)).toEqual(['default'])
    // Made once more, or told once more, it is one.
    expect(apply(left, [{ type: 'inbox.added', seq: 13, name: 'signup-1' }]).inboxes).toHaveLength(1)
    expect(ids(left)).toEqual(['m000009'])
  })
})

describe('sessions', () => {
  const open = (seq: number, n: number): MailEvent => ({ type: 'session.opened', seq, session: session(n) })
  const close = (seq: number, n: number): MailEvent => ({ type: 'session.closed', seq, session: session(n, { outcome: 'quit' }) })

  it('are left alone until somebody looks', () => expect(apply(start(), [open(1, 1)]).sessions).toBeNull())

  it('open on top and change in place, from their own cursor', () => {
    const state = sessionSnapshot(start(), { sessions: [session(1)], next: null, total: 1, cursor: 20 })
    const after = apply(state, [open(19, 9), open(21, 2), close(22, 1), close(23, 2)])
    expect(after.sessions?.head).toEqual(['s2', 's1'])
    expect([...(after.sessions?.rows.values() ?? [])].map((s) => s.outcome)).toEqual(['quit', 'quit'])
  })
})
