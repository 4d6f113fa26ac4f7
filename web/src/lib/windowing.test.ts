import { describe, expect, it } from 'vitest'
import { keep, MAX_HEIGHT, reveal, windowAt } from './windowing'

describe('the window of a long list', () => {
  const track = { count: 100_000, rowHeight: 50, viewport: 500 }
  it('renders what is seen and a little more', () => {
    expect(windowAt(track, 0, 2)).toEqual({ height: 5_000_000, first: 0, last: 11, offset: 0 })
    expect(windowAt(track, 1025, 2)).toMatchObject({ first: 18, last: 32, offset: 900 })
    expect(windowAt(track, 9e9, 2).last).toBe(99_999)
    expect(windowAt({ ...track, count: 0 }, 0)).toMatchObject({ height: 0, last: -1 })
  })
  it('reaches both ends of a list that is taller than a browser can draw', () => {
    const huge = { ...track, count: 1_000_000 }
    expect(windowAt(huge, 0).first).toBe(0)
    const end = windowAt(huge, MAX_HEIGHT - 500, 0)
    expect(end.last).toBe(999_999)
    expect(end.offset + (end.last - end.first + 1) * 50).toBeCloseTo(MAX_HEIGHT)
  })
  it('brings a row into sight with the least movement', () => {
    expect(reveal(track, 1000, 25)).toBe(1000)
    expect(reveal(track, 1000, 10)).toBe(500)
    expect(reveal(track, 1000, 40)).toBe(1550)
  })
  it('holds still when rows come in above', () => expect(keep(track, { ...track, count: 100_003 }, 1000, 3)).toBe(1150))
})
