import { describe, expect, it } from 'vitest'
import { Held, UNDO_MS } from './undo'

function rig() {
  const timers: { ms: number; run: () => void; off: boolean }[] = []
  const clock = { after: (ms: number, run: () => void) => { const t = { ms, run, off: false }; timers.push(t); return () => (t.off = true) }, random: () => 0 }
  const gone: string[] = []
  let hidden: string[] = []
  const held = new Held(clock, (ids) => gone.push(...ids), (ids) => (hidden = [...ids]))
  return { held, timers, gone, hidden: () => hidden }
}

describe('a deletion', () => {
  it('hides at once and is told after its time', () => {
    const { held, timers, gone, hidden } = rig()
    held.hold(['a', 'b'])
    expect(hidden()).toEqual(['a', 'b'])
    expect(gone).toEqual([])
    expect(timers[0]?.ms).toBe(UNDO_MS)
    timers[0]?.run()
    expect(gone).toEqual(['a', 'b'])
  })

  it('taken back never reaches the server', () => {
    const { held, timers, gone, hidden } = rig()
    held.hold(['a'])
    held.undo()
    expect(hidden()).toEqual([])
    expect(timers[0]?.off).toBe(true)
    held.flush()
    expect(gone).toEqual([])
  })

  it('is told at once when another follows', () => {
    const { held, gone, hidden } = rig()
    held.hold(['a'])
    held.hold(['b'])
    expect(gone).toEqual(['a'])
    expect(hidden()).toEqual(['b'])
  })
})
