import { describe, expect, it } from 'vitest'
import { append, empty, firstPage, flip, idAt, indexOf, measured, prepend, remove, replace, rowAt, wanted } from './paged'

const items = (...ids: number[]) => ids.map((n) => ({ id: `i${n}` }))
const page = (ids: number[], next: string | null) => ({ items: items(...ids), next })

describe('a long list of which the ends are loaded', () => {
  const long = firstPage(page([1, 2, 3], 'c3'), 10)

  it('shows its full length and knows nothing of the gap', () => {
    expect(long.total).toBe(10)
    expect(idAt(long, 2)).toBe('i3')
    expect(idAt(long, 3)).toBeUndefined()
    expect(rowAt(long, 0)).toEqual({ id: 'i1' })
  })

  it('finds places at both ends', () => {
    const both = append(long, 'tail', page([10, 9], 'c9'))
    expect(idAt(both, 9)).toBe('i10')
    expect(idAt(both, 8)).toBe('i9')
    expect(idAt(both, 7)).toBeUndefined()
    expect(indexOf(both, 'i9')).toBe(8)
    expect(indexOf(both, 'i7')).toBe(-1)
  })

  it('joins the ends where they meet', () => {
    let list = append(long, 'tail', page([10, 9, 8, 7], 'c7'))
    list = append(list, 'head', page([4, 5, 6, 7], 'c7'))
    expect(list.total).toBe(10)
    expect(Array.from({ length: 10 }, (_, i) => idAt(list, i))).toEqual(items(1, 2, 3, 4, 5, 6, 7, 8, 9, 10).map((i) => i.id))
    expect(wanted(list, 0, 9)).toBeNull()
  })

  it('joins them too when the tail reaches the head', () => {
    const list = append(append(long, 'tail', page([10, 9, 8, 7, 6], 'c6')), 'tail', page([5, 4, 3], 'c3'))
    expect(list.head).toHaveLength(10)
    expect(list.tail).toHaveLength(0)
  })

  it('believes the last page more than the total', () => {
    expect(append(long, 'head', page([4, 5], null)).total).toBe(5)
    expect(firstPage(page([1, 2], null), 7).total).toBe(2)
  })

  it('moves everything down for what comes in front, once', () => {
    const list = prepend(prepend(long, items(0)), items(0))
    expect(list.total).toBe(11)
    expect(idAt(list, 0)).toBe('i0')
    expect(indexOf(list, 'i1')).toBe(1)
  })

  it('removes loaded items and shortens the gap for the others', () => {
    const list = remove(long, new Set(['i2', 'i7']))
    expect(list.total).toBe(8)
    expect(list.head).toEqual(['i1', 'i3'])
  })

  it('never gets shorter than what is loaded', () => {
    const list = remove(firstPage(page([1, 2], null), 2), new Set(['x', 'y', 'z']))
    expect(list.total).toBe(2)
  })

  it('replaces only what it holds', () => {
    expect(replace(long, items(9))).toBe(long)
    expect(replace(long, items(2))).not.toBe(long)
  })
})

describe('a list of which nobody knows the length', () => {
  const ids = (from: number, to: number) => Array.from({ length: Math.abs(to - from) + 1 }, (_, i) => from + i * Math.sign(to - from))
  /** At least 10, and 25 in truth; three are loaded. */
  const some = firstPage(page([1, 2, 3], 'c3'), 10, true)

  it('tells how many there are at least', () => {
    expect([some.least, some.total]).toEqual([10, 10])
    const more = append(some, 'head', page(ids(4, 12), 'c12'))
    expect([more.least, more.total]).toEqual([12, 13])
  })

  it('grows until the ends meet, so that all is reached', () => {
    let list = append(some, 'tail', page([25, 24, 23], 'c23'))
    expect(idAt(list, 9)).toBe('i25')
    for (let last = 3; list.least !== null; last += 4) {
      // Whoever looks at the last row of the head sees that there are more.
      const at = list.head.length
      expect(wanted(list, at - 1, at, 0)?.end).toBe('head')
      list = append(list, 'head', page(ids(last + 1, Math.min(last + 4, 25)), last + 4 < 25 ? `c${last + 4}` : null))
    }
    expect([list.total, list.tail]).toEqual([25, []])
    expect(ids(0, 24).map((n) => idAt(list, n))).toEqual(ids(1, 25).map((n) => `i${n}`))
    expect(wanted(list, 0, 24)).toBeNull()
  })

  it('grows from its other end too', () => {
    let list = append(some, 'tail', page(ids(25, 16), 'c16'))
    expect([list.least, list.total, indexOf(list, 'i25')]).toEqual([13, 14, 13])
    expect(wanted(list, 4, 5, 1)).toEqual({ end: 'tail', limit: 100 })
    list = append(list, 'tail', page(ids(15, 6), 'c6'))
    expect([list.least, list.total, indexOf(list, 'i25'), idAt(list, 3)]).toEqual([23, 24, 23, undefined])
    list = append(list, 'tail', page(ids(5, 2), 'c2'))
    expect([list.least, list.total, indexOf(list, 'i25')]).toEqual([null, 25, 24])
  })

  it('is exact once somebody knows', () => {
    expect(measured(some, 25)).toMatchObject({ least: null, total: 25 })
    expect(append(some, 'head', page([4, 5], null))).toMatchObject({ least: null, total: 5 })
    expect(firstPage(page([1, 2], null), 1, true)).toMatchObject({ least: null, total: 2 })
  })

  it('asks on when a page has less than it may, or nothing', () => {
    const none = firstPage(page([], 'c'), 0, true)
    expect([none.least, none.total]).toEqual([0, 1])
    expect(wanted(none, 0, 0)).toEqual({ end: 'head', limit: 100 })
    expect(wanted(append(none, 'head', page([], 'd')), 0, 0)).not.toBeNull()
  })

  it('keeps its gap when items go, loaded or not', () => {
    const list = remove(some, new Set(['i2', ...ids(100, 120).map((n) => `i${n}`)]))
    expect([list.head, list.least, list.total]).toEqual([['i1', 'i3'], 2, 3])
    expect(wanted(list, 0, 2)).not.toBeNull()
    expect(prepend(some, items(0))).toMatchObject({ least: 11, total: 11 })
  })

  it('is so from its end up as well', () => {
    const list = flip(append(some, 'tail', page([25, 24], 'c24')))
    expect([list.least, idAt(list, 0), idAt(list, 2), idAt(list, 9)]).toEqual([10, 'i25', undefined, 'i1'])
  })
})

describe('what to load next', () => {
  const long = firstPage(page(Array.from({ length: 100 }, (_, i) => i), 'c'), 100_000)

  it('nothing while the window is far from the gap', () => expect(wanted(long, 0, 20)).toBeNull())
  it('the next page when the window comes near', () => expect(wanted(long, 30, 50)).toEqual({ end: 'head', limit: 100 }))
  it('from the end when that is nearer', () => expect(wanted(long, 99_980, 99_999)).toEqual({ end: 'tail', limit: 100 }))
  it('large pages when it is far', () => expect(wanted(long, 40_000, 40_020)).toEqual({ end: 'head', limit: 500 }))
  it('from the head alone when the end cannot be asked', () =>
    expect(wanted({ ...long, tailNext: null }, 99_980, 99_999)?.end).toBe('head'))
  it('nothing of an empty list', () => expect(wanted(empty(), 0, 0)).toBeNull())

  it('is read from its end up when flipped', () => {
    const both = flip(append(firstPage(page([1, 2, 3], 'c3'), 10), 'tail', page([10, 9], 'c9')))
    expect([0, 1, 2, 9].map((at) => idAt(both, at))).toEqual(['i10', 'i9', undefined, 'i1'])
    expect(indexOf(both, 'i9')).toBe(1)
    expect(idAt(flip(firstPage(page([1, 2, 3], null), 3)), 0)).toBe('i3')
  })
})
