import { describe, expect, it } from 'vitest'
import { Batcher } from './batch'

/** `cost`: how many milliseconds one item takes. */
function rig(cost = 0) {
  const frames: (() => void)[] = []
  const timers: (() => void)[] = []
  const got: number[][] = []
  let time = 0
  const batcher = new Batcher<number>({ frame: (run) => frames.push(run), later: (_, run) => timers.push(run), now: () => time }, (items) => {
    got.push(items)
    time += cost * items.length
  })
  const draw = () => frames.splice(0).forEach((run) => run())
  return { batcher, frames, timers, got, draw }
}
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i)

describe('a batch', () => {
  it('gathers what comes within a frame', () => {
    const { batcher, frames, got, draw } = rig()
    for (let i = 0; i < 200; i += 1) batcher.push([i])
    expect(frames).toHaveLength(1)
    draw()
    expect(got.map((b) => b.length)).toEqual([200])
    expect(frames).toHaveLength(0)
  })

  it('comes by timer on a hidden page, without heaping up frames', () => {
    const { batcher, frames, timers, got } = rig()
    batcher.push([1])
    timers.shift()?.()
    batcher.push([2])
    timers.shift()?.()
    expect(got).toEqual([[1], [2]])
    expect(frames).toHaveLength(1)
  })

  it('is not delivered twice or empty', () => {
    const { batcher, frames, timers, got } = rig()
    batcher.push([])
    batcher.push([1])
    frames[0]?.()
    timers[0]?.()
    expect(got).toEqual([[1]])
  })
})

describe('a burst', () => {
  it('is handed on whole and in order, one slice a frame', () => {
    const { batcher, frames, got, draw } = rig()
    batcher.push(upTo(10_000))
    for (let n = 1; frames.length > 0; n += 1) {
      draw()
      expect(got).toHaveLength(n)
    }
    expect(got.length).toBeGreaterThan(3)
    expect(got.flat()).toEqual(upTo(10_000))
  })

  it('comes in slices of what the machine does in a part of a frame', () => {
    const slow = rig(0.1)
    slow.batcher.push(upTo(5000))
    while (slow.frames.length > 0) slow.draw()
    expect(slow.got.flat()).toEqual(upTo(5000))
    // The first is too large; after a few frames none takes longer than it may.
    for (const slice of slow.got.slice(3)) expect(0.1 * slice.length).toBeLessThanOrEqual(8)
    const fast = rig(0.001)
    fast.batcher.push(upTo(20_000))
    while (fast.frames.length > 0) fast.draw()
    expect(Math.max(...fast.got.map((slice) => slice.length))).toBe(2000)
  })

  it('goes on by timer on a hidden page, and at once when all is asked for', () => {
    const { batcher, timers, got } = rig()
    batcher.push(upTo(1000))
    timers.shift()?.()
    expect(timers).toHaveLength(1)
    timers.shift()?.()
    batcher.push([1000])
    batcher.flush()
    expect(got.flat()).toEqual(upTo(1001))
  })
})
