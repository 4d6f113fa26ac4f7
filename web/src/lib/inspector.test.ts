import { describe, expect, it } from 'vitest'
import { ApiError } from './api'
import { Inspector, type Deps } from './inspector'
import { added, deleted, session, settle, summary } from './samples'
import type { MessagePage, SessionPage } from './wire'

type Ask = { inbox?: string | null; limit?: number; cursor?: string | null; order?: string }

/** An inspector whose answers and timers are in the test's hands. */
function rig() {
  const asked: { params: Ask; resolve: (page: MessagePage) => void; reject: (error: Error) => void }[] = []
  const sessionsAsked: { resolve: (page: SessionPage) => void }[] = []
  const timers: (() => void)[] = []
  const api = {
    messages: (params: Ask) => new Promise<MessagePage>((resolve, reject) => asked.push({ params, resolve, reject })),
    sessions: () => new Promise<SessionPage>((resolve) => sessionsAsked.push({ resolve })),
    inboxes: () => Promise.resolve([]),
    info: () => Promise.reject(new Error('not here')),
  }
  const clock = { after: (_: number, run: () => void) => (timers.push(run), () => {}), random: () => 0 }
  const inspector = new Inspector({ api: api as unknown as Deps['api'], clock, changed: () => {} })
  const head = () => inspector.state.mailbox.list.head
  return { inspector, asked, sessionsAsked, timers, head }
}

const page = (ns: number[], more: Partial<MessagePage> = {}): MessagePage => ({
  total_is_lower_bound: false,
  messages: ns.map((n) => summary(n)),
  next: null,
  total: ns.length,
  unread: 0,
  cursor: Math.max(...ns, 0),
  ...more,
})
const range = (from: number, length: number) => Array.from({ length }, (_, i) => from - i)

describe('loading', () => {
  it('applies what came while the snapshot was on its way', async () => {
    const r = rig()
    void r.inspector.load(null)
    r.inspector.take([added(5), added(6), deleted(7, 3)])
    r.asked[0]?.resolve(page([5, 4, 3], { cursor: 5 }))
    await settle()
    expect(r.head()).toEqual(['m000006', 'm000005', 'm000004'])
    expect(r.inspector.state.phase).toBe('ready')
  })

  it('forgets the answer for an inbox that is no longer wanted', async () => {
    const r = rig()
    void r.inspector.load('a')
    void r.inspector.load('b')
    r.asked[1]?.resolve(page([2]))
    r.asked[0]?.resolve(page([1]))
    await settle()
    expect(r.head()).toEqual(['m000002'])
    expect(r.inspector.state.mailbox.inbox).toBe('b')
  })

  it('tells of trouble and tries again', async () => {
    const r = rig()
    void r.inspector.load(null)
    r.asked[0]?.reject(new Error('refused'))
    await settle()
    expect(r.inspector.state.phase).toBe('trouble')
    r.timers.shift()?.()
    await settle()
    r.asked[1]?.resolve(page([1]))
    await settle()
    expect(r.inspector.state.phase).toBe('ready')
  })

  it('begins anew with the sessions when the store is another one', async () => {
    const r = rig()
    void r.inspector.load(null)
    void r.inspector.loadSessions()
    r.asked[0]?.resolve(page([9]))
    r.sessionsAsked[0]?.resolve({ sessions: [session(1)], next: null, total: 1, cursor: 9 })
    await settle()
    void r.inspector.reset()
    r.asked[1]?.resolve(page([1]))
    await settle()
    expect(r.head()).toEqual(['m000001'])
    expect(r.sessionsAsked).toHaveLength(2)
  })
})

describe('scrolling', () => {
  async function long() {
    const r = rig()
    void r.inspector.load(null)
    r.asked[0]?.resolve(page(range(10_000, 100), { next: 'c1', total: 10_000 }))
    await settle()
    return r
  }

  it('asks for nothing that nobody sees', async () => {
    const r = await long()
    r.inspector.look(0, 20)
    expect(r.asked).toHaveLength(1)
  })

  it('asks for the next page by its cursor, one at a time', async () => {
    const r = await long()
    r.inspector.look(60, 80)
    r.inspector.look(61, 81)
    expect(r.asked).toHaveLength(2)
    expect(r.asked[1]?.params).toEqual({ inbox: null, limit: 100, cursor: 'c1' })
    r.asked[1]?.resolve(page(range(9900, 100), { next: 'c2', total: 10_000, cursor: 10_000 }))
    await settle()
    expect(r.head()).toHaveLength(200)
    expect(r.asked).toHaveLength(2)
  })

  it('reaches the end from the end', async () => {
    const r = await long()
    r.inspector.look(9980, 9999)
    expect(r.asked[1]?.params).toEqual({ inbox: null, limit: 100, order: 'oldest', cursor: null })
  })

  it('does without that order where a server lacks it', async () => {
    const r = await long()
    r.inspector.look(9980, 9999)
    r.asked[1]?.reject(new ApiError(400, 'unknown_parameter', 'order'))
    await settle()
    for (const run of r.timers.splice(0)) run()
    expect(r.asked[2]?.params).toEqual({ inbox: null, limit: 500, cursor: 'c1' })
  })

  it('loads again when one inbox is cleared out of a list that is not wholly known', async () => {
    const r = await long()
    r.inspector.take([{ type: 'messages.cleared', seq: 10_001, inbox: 'ci', before: 10_001 }])
    expect(r.asked[1]?.params).toEqual({ inbox: null, limit: 100 })
  })
})
