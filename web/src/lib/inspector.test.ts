import { describe, expect, it } from 'vitest'
import { ApiError } from './api'
import { Inspector, type Deps } from './inspector'
import { added, deleted, session, settle, summary } from './samples'
import type { MessagePage, SessionPage } from './wire'

type Ask = { inbox?: string | null; q?: string; limit?: number; cursor?: string | null; order?: string; sort?: string }

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

describe('an order other than time', () => {
  /** Mails 1 to 8, the largest first; of which a page is there. */
  async function sorted(q: string | null = null, more: Partial<MessagePage> = {}) {
    const r = rig()
    void r.inspector.load(null, q, 'largest')
    r.asked[0]?.resolve(page([3, 8, 1], { total: 3, cursor: 8, sorted_newest: null, ...more }))
    await settle()
    r.timers.length = 0
    const fresh = () => [...r.inspector.state.fresh]
    return { ...r, fresh }
  }
  const run = async (timers: (() => void)[]) => {
    for (const timer of timers.splice(0)) timer()
    await settle()
  }

  it('is asked for, page by page, and only from its head', async () => {
    const r = await sorted(null, { messages: range(9000, 100).map((n) => summary(n)), next: '9-8-x', total: 9000 })
    expect(r.asked[0]?.params).toEqual({ inbox: null, limit: 100, sort: 'largest' })
    r.inspector.look(8990, 8999)
    expect(r.asked[1]?.params).toEqual({ inbox: null, limit: 500, sort: 'largest', cursor: '9-8-x' })
  })

  it('keeps what is new waiting, and tells how much', async () => {
    const r = await sorted()
    r.inspector.take([added(9), added(10), added(11)])
    expect(r.head()).toEqual(['m000003', 'm000008', 'm000001'])
    expect(r.fresh()).toEqual(['m000009', 'm000010', 'm000011'])
    await run(r.timers)
    expect(r.asked).toHaveLength(1)
    // One of them goes again.
    r.inspector.take([deleted(12, 10)])
    expect(r.fresh()).toEqual(['m000009', 'm000011'])
  })

  it('has what is new once it is loaded again', async () => {
    const r = await sorted()
    r.inspector.take([added(9)])
    void r.inspector.load(null)
    // Two more while it is loaded: the answer has one of them.
    r.inspector.take([added(10), added(11)])
    expect(r.asked[1]?.params).toEqual({ inbox: null, limit: 100, sort: 'largest' })
    r.asked[1]?.resolve(page([10, 3, 9, 8, 1], { cursor: 10 }))
    await settle()
    expect(r.head()).toEqual(['m000010', 'm000003', 'm000009', 'm000008', 'm000001'])
    expect(r.fresh()).toEqual(['m000011'])
  })

  it('shows at once what is changed or deleted', async () => {
    const r = await sorted()
    r.inspector.take([{ type: 'message.updated', seq: 9, message: summary(8, { read: true }) }, deleted(10, 3)])
    expect(r.head()).toEqual(['m000008', 'm000001'])
    expect(r.inspector.state.mailbox.list.rows.get('m000008')?.read).toBe(true)
    expect(r.fresh()).toEqual([])
  })

  it('counts up to a bound', async () => {
    const r = await sorted()
    r.inspector.take(Array.from({ length: 500 }, (_, i) => added(i + 9)))
    expect(r.fresh()).toHaveLength(100)
  })

  it('leaves out what comes to another inbox', async () => {
    const r = rig()
    void r.inspector.load('ci', null, 'sender')
    r.asked[0]?.resolve(page([1], { cursor: 1 }))
    await settle()
    r.inspector.take([added(2), added(3, { inbox: 'ci' })])
    expect([...r.inspector.state.fresh]).toEqual(['m000003'])
  })

  it('asks which new ones a search finds', async () => {
    const r = await sorted('invoice')
    expect(r.asked[0]?.params).toEqual({ inbox: null, q: 'invoice', limit: 100, sort: 'largest' })
    r.inspector.take([added(9), added(10)])
    expect(r.fresh()).toEqual([])
    await run(r.timers)
    expect(r.asked[1]?.params).toEqual({ inbox: null, q: 'invoice', limit: 100 })
    r.asked[1]?.resolve(page([10, 8, 3, 1], { cursor: 10 }))
    await settle()
    expect(r.fresh()).toEqual(['m000010'])
    expect(r.head()).toEqual(['m000003', 'm000008', 'm000001'])
  })

  const read = (seq: number, n: number) => ({ type: 'message.updated' as const, seq, message: summary(n, { read: true }) })

  it('loses the rows that a search does not find any more after a change', async () => {
    const r = await sorted('is:unread OR is:starred')
    // The last one is not in the list.
    r.inspector.take([read(9, 8), read(10, 1), read(11, 7)])
    expect(r.head()).toEqual(['m000003', 'm000008', 'm000001'])
    await run(r.timers)
    const asked = r.asked.find((a) => a.params.q?.includes('id:'))
    expect(asked?.params).toEqual({ inbox: null, q: '(is:unread OR is:starred) (id:m000008 OR id:m000001)', limit: 50 })
    // One of the two is starred.
    asked?.resolve(page([1], { cursor: 11 }))
    await settle()
    expect(r.head()).toEqual(['m000003', 'm000001'])
    expect(r.inspector.state.mailbox.list.total).toBe(2)
  })

  it('asks of many changed rows by fifties, and leaves them when it gets no answer', async () => {
    const r = await sorted('is:unread', { messages: range(120, 120).map((n) => summary(n)), total: 120 })
    r.inspector.take(range(120, 120).map((n) => read(121 + n, n)))
    await run(r.timers)
    const named = () => r.asked.filter((a) => a.params.q?.includes('id:'))
    for (const [n, left] of [[0, 70], [1, 20], [2, 0]] as const) {
      expect(named()).toHaveLength(n + 1)
      named()[n]?.resolve(page([], { cursor: 300 }))
      await settle()
      expect(r.head()).toHaveLength(left)
    }
    expect(named()).toHaveLength(3)
    const other = await sorted('is:unread')
    other.inspector.take([read(9, 8)])
    await run(other.timers)
    other.asked.find((a) => a.params.q?.includes('id:'))?.reject(new Error('too long'))
    await settle()
    expect(other.head()).toHaveLength(3)
    expect(other.inspector.state.fault).toBeNull()
  })

  it('is loaded at once when there is nothing to read, or when it was cleared', async () => {
    const r = await sorted(null, { messages: [], total: 0 })
    r.inspector.take([added(9)])
    await run(r.timers)
    expect(r.asked[1]?.params).toEqual({ inbox: null, limit: 100, sort: 'largest' })
    const full = await sorted()
    full.inspector.take([{ type: 'messages.cleared', seq: 12, inbox: null, before: 9 }])
    await run(full.timers)
    expect(full.asked).toHaveLength(2)
  })

  it('tells when only a part of the messages is sorted', async () => {
    const r = await sorted(null, { sorted_newest: 10_000 })
    expect(r.inspector.state.part).toBe(10_000)
    void r.inspector.load(null, null, null)
    r.asked[1]?.resolve(page([8]))
    await settle()
    expect(r.inspector.state.part).toBeNull()
  })
})

describe('a search in the order of time', () => {
  async function found() {
    const r = rig()
    void r.inspector.load(null, 'invoice')
    r.asked[0]?.resolve(page(range(300, 100), { next: 'c1', total: 300 }))
    await settle()
    r.timers.length = 0
    const run = async () => {
      for (const timer of r.timers.splice(0)) timer()
      await settle()
    }
    return { ...r, run }
  }

  it('is loaded again for what is new while its first page is read', async () => {
    const r = await found()
    r.inspector.look(0, 20)
    r.inspector.take([added(301)])
    await r.run()
    expect(r.asked[1]?.params).toEqual({ inbox: null, q: 'invoice', limit: 100 })
    r.asked[1]?.resolve(page(range(301, 100), { next: 'c2', total: 301 }))
    await settle()
    expect(r.head()[0]).toBe('m000301')
  })

  it('is left alone further down, where what is new waits', async () => {
    const r = await found()
    r.inspector.look(60, 120)
    r.asked[1]?.resolve(page(range(200, 100), { next: 'c2', total: 300 }))
    await settle()
    r.inspector.take([added(301), added(302)])
    await r.run()
    r.asked[2]?.resolve(page([302, 300, 299], { cursor: 302 }))
    await settle()
    expect(r.head()).toHaveLength(200)
    expect([...r.inspector.state.fresh]).toEqual(['m000302'])
  })

  it('is left alone by who has gone on before it was loaded again, and what is new waits', async () => {
    const r = await found()
    r.inspector.look(0, 20)
    r.inspector.take([added(301), added(302)])
    r.inspector.look(60, 120)
    r.asked[1]?.resolve(page(range(200, 100), { next: 'c2', total: 300 }))
    await settle()
    await r.run()
    await r.run()
    expect(r.asked[2]?.params).toEqual({ inbox: null, q: 'invoice', limit: 100 })
    r.asked[2]?.resolve(page([302, 300, 299], { cursor: 302 }))
    await settle()
    expect(r.head()).toHaveLength(200)
    expect([...r.inspector.state.fresh]).toEqual(['m000302'])
  })

  /** More than the server counts: mails 1 to 12,000. */
  async function many(sort: 'largest' | null = null) {
    const r = rig()
    void r.inspector.load(null, 'invoice', sort)
    const answer = (from: number, length: number, more: Partial<MessagePage> = {}) => page(range(from, length), { total: 10_000, total_is_lower_bound: true, cursor: 12_000, ...more })
    r.asked[0]?.resolve(answer(12_000, 100, { next: '11901' }))
    await settle()
    const length = () => [r.inspector.state.mailbox.list.least, r.inspector.state.mailbox.list.total]
    return { ...r, answer, length }
  }

  it('says that it finds more than are counted, and reaches them all from its head', async () => {
    const r = await many('largest')
    let [asked, last] = [1, 11_901]
    while (last > 1) {
      expect(r.length()).toEqual([Math.max(10_000, 12_001 - last), Math.max(10_000, 12_002 - last)])
      r.inspector.look(12_000 - last, 12_001 - last)
      expect(r.asked).toHaveLength(asked + 1)
      const { cursor, limit = 0 } = r.asked[asked]?.params ?? {}
      expect(cursor).toBe(String(last))
      const [from, length] = [last - 1, Math.min(limit, last - 1)]
      last -= length
      r.asked[asked]?.resolve(r.answer(from, length, { next: last > 1 ? String(last) : null }))
      await settle()
      asked += 1
    }
    expect(r.length()).toEqual([null, 12_000])
    expect(r.head()).toEqual(range(12_000, 12_000).map((n) => summary(n).id))
  })

  it('shows its oldest at its end, and what is between when the gap is come near', async () => {
    const r = await many()
    r.inspector.look(9990, 9999)
    expect(r.asked[1]?.params).toEqual({ inbox: null, q: 'invoice', limit: 100, order: 'oldest', cursor: null })
    r.asked[1]?.resolve(r.answer(100, 100, { messages: range(100, 100).reverse().map((n) => summary(n)), next: '100' }))
    await settle()
    expect(r.length()).toEqual([10_000, 10_000])
    r.inspector.look(99, 100)
    expect(r.asked[2]?.params.cursor).toBe('11901')
    r.asked[2]?.resolve(r.answer(11_900, 9900, { next: '2001' }))
    await settle()
    expect(r.length()).toEqual([10_100, 10_101])
    r.inspector.look(9999, 10_000)
    expect(r.asked[3]?.params.cursor).toBe('2001')
  })

  it('takes an exact length in the place of a bound, and not the other way', async () => {
    const r = await many()
    r.inspector.look(99, 100)
    r.asked[1]?.resolve(r.answer(11_900, 100, { next: '11801', total: 9000, total_is_lower_bound: false }))
    await settle()
    expect(r.length()).toEqual([null, 9000])
    r.inspector.look(199, 200)
    r.asked[2]?.resolve(r.answer(11_800, 100, { next: '11701', total: 700 }))
    await settle()
    expect(r.length()).toEqual([null, 9000])
  })
})
