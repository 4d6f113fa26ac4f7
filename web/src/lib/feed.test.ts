import { describe, expect, it } from 'vitest'
import { Feed, type Link, type Socket } from './feed'
import { added } from './samples'
import type { Hello, MailEvent } from './wire'

class FakeSocket implements Socket {
  onopen: (() => void) | null = null
  onmessage: ((event: { data: unknown }) => void) | null = null
  onclose: (() => void) | null = null
  closed = false
  constructor(readonly path: string) {}
  close() {
    this.closed = true
  }
  says(frame: unknown) {
    this.onmessage?.({ data: JSON.stringify(frame) })
  }
  hello(seq: number, more: Partial<Hello> = {}) {
    this.says({ type: 'hello', seq, store: 'a', resync: false, ...more })
  }
  drops() {
    this.onclose?.()
  }
}

/** A feed whose sockets and timers are in the test's hands. */
function rig() {
  const sockets: FakeSocket[] = []
  const timers: { ms: number; run: () => void }[] = []
  const events: MailEvent[] = []
  const resets: Hello[] = []
  const links: Link[] = []
  const states: string[] = []
  const feed = new Feed({
    connect: (path) => {
      const socket = new FakeSocket(path)
      sockets.push(socket)
      return socket
    },
    clock: {
      after: (ms, run) => {
        const timer = { ms, run }
        timers.push(timer)
        return () => void timers.splice(timers.indexOf(timer), timers.includes(timer) ? 1 : 0)
      },
      random: () => 1,
    },
    onEvents: (batch) => events.push(...batch),
    onReset: (hello) => resets.push(hello),
    onLink: (link) => links.push(link),
    onInfo: (store) => states.push(store.state),
  })
  return {
    feed,
    events,
    resets,
    links,
    states,
    timers,
    sockets,
    last: () => sockets.at(-1) as FakeSocket,
    elapse: () => timers.shift()?.run(),
  }
}

describe('the feed', () => {
  it('reads on from its cursor', () => {
    const r = rig()
    r.feed.start(57, 'a')
    expect(r.last().path).toBe('/v1/events?after=57')
    r.last().hello(58)
    r.last().says(added(58))
    expect(r.events.map((e) => e.seq)).toEqual([58])
    expect(r.links).toEqual(['live'])
    expect(r.resets).toEqual([])
  })

  it('tells of the store without moving its cursor', () => {
    const r = rig()
    r.feed.start(57, 'a')
    r.last().hello(57)
    r.last().says({ type: 'info', seq: 57, store: { state: 'full', problem: 'the disk or the store is full' } })
    r.last().says(added(58))
    expect(r.states).toEqual(['full'])
    expect(r.events.map((e) => e.seq)).toEqual([58])
    expect(r.feed.seq).toBe(58)
  })

  it('comes back from the last event that it saw', () => {
    const r = rig()
    r.feed.start(57, 'a')
    r.last().hello(58)
    r.last().says(added(58))
    r.last().drops()
    expect(r.links.at(-1)).toBe('reconnecting')
    r.elapse()
    expect(r.last().path).toBe('/v1/events?after=58')
    r.last().hello(59)
    r.last().says(added(58))
    r.last().says(added(59))
    expect(r.events.map((e) => e.seq)).toEqual([58, 59])
    expect(r.links.at(-1)).toBe('live')
  })

  it('waits longer each time, up to ten seconds, and says offline', () => {
    const r = rig()
    r.feed.start(0, null)
    const waits: number[] = []
    for (let i = 0; i < 8; i += 1) {
      r.last().drops()
      waits.push(r.timers[0]?.ms ?? 0)
      r.elapse()
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 10_000, 10_000])
    expect(r.links).toEqual(['reconnecting', 'offline'])
    r.last().hello(0)
    r.last().drops()
    expect(r.timers[0]?.ms).toBe(250)
  })

  it('tries at once when it is woken from a wait, but leaves a connection alone', () => {
    const r = rig()
    r.feed.start(0, null)
    r.feed.wake()
    expect(r.sockets).toHaveLength(1)
    r.last().drops()
    r.feed.wake()
    expect(r.sockets).toHaveLength(2)
    r.last().hello(0)
    r.feed.wake()
    expect(r.sockets).toHaveLength(2)
    expect(r.timers).toHaveLength(0)
  })

  it('takes a connection without a hello for dead', () => {
    const r = rig()
    r.feed.start(0, null)
    const first = r.last()
    r.elapse()
    expect(first.closed).toBe(true)
    expect(r.links).toEqual(['reconnecting'])
    r.elapse()
    expect(r.sockets).toHaveLength(2)
  })

  it.each([
    ['the events after the cursor are lost', { resync: true }],
    ['another store answers', { store: 'b' }],
  ])('asks to load again when %s', (_, hello) => {
    const r = rig()
    r.feed.start(57, 'a')
    r.last().hello(3, hello)
    expect(r.resets).toHaveLength(1)
    expect(r.feed.seq).toBe(3)
    r.last().says(added(4))
    expect(r.events.map((e) => e.seq)).toEqual([4])
  })

  it('takes the store of the first hello for its own when none was named', () => {
    const r = rig()
    r.feed.start(0, null)
    r.last().hello(0, { store: 'x' })
    r.last().drops()
    r.elapse()
    r.last().hello(0, { store: 'y' })
    expect(r.resets).toHaveLength(1)
  })

  it('is silent after stop', () => {
    const r = rig()
    r.feed.start(0, null)
    const socket = r.last()
    r.feed.stop()
    socket.drops()
    expect(socket.closed).toBe(true)
    expect(r.timers).toHaveLength(0)
    expect(r.links).toEqual([])
  })
})
