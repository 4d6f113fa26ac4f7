import { expect, test } from 'vitest'
import { firstPage } from './paged'
import { ALL, fits, isAll, only, type Filter } from './sessions'
import type { Session } from './wire'

const session = (change: Partial<Session>): Session => ({
  id: 'S', seq: 1, opened_at: '', closed_at: '', outcome: 'quit', client: '127.0.0.1:40001', via: 'smtp', helo: 'app.local', esmtp: true, user: null, auth: null, tls: null, messages: 1, notices: 0, commands: 5, bytes: 120, ...change,
})
const shown = (s: Session, filter: Partial<Filter>) => fits(s, { ...ALL, ...filter })

test('sessions are filtered by how they went and who they were', () => {
  expect(isAll(ALL)).toBe(true)
  expect(shown(session({}), {})).toBe(true)
  expect(shown(session({}), { kinds: ['failed'] })).toBe(false)
  for (const outcome of ['refused', 'cut-off', 'tls-failed', 'timeout', 'error'] as const) expect(shown(session({ outcome }), { kinds: ['failed'] })).toBe(true)
  expect(shown(session({ outcome: 'open' }), { kinds: ['open', 'notices'] })).toBe(false)
  expect(shown(session({ outcome: 'open', notices: 2 }), { kinds: ['open', 'notices'] })).toBe(true)
  expect(shown(session({ user: 'Ann' }), { text: 'ann APP' })).toBe(true)
  expect(shown(session({}), { text: 'bob' })).toBe(false)
})

test('the list that is left is whole', () => {
  const all = firstPage({ items: [session({ id: 'a' }), session({ id: 'b', messages: 0 })], next: 'more' }, 9)
  const left = only(all, (s) => s.messages === 0)
  expect([left.head, left.total, left.headNext]).toEqual([['b'], 1, null])
})
