import { describe, expect, it } from 'vitest'
import { Batcher } from './batch'

function rig() {
  const frames: (() => void)[] = []
  const timers: (() => void)[] = []
  const got: number[][] = []
  const batcher = new Batcher<number>({ frame: (run) => frames.push(run), later: (_, run) => timers.push(run) }, (items) => got.push(items))
  return { batcher, frames, timers, got }
}

describe('a batch', () => {
  it('gathers what comes within a frame', () => {
    const { batcher, frames, got } = rig()
    for (let i = 0; i < 5000; i += 1) batcher.push([i])
    expect(frames).toHaveLength(1)
    frames[0]?.()
    expect(got.map((b) => b.length)).toEqual([5000])
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
