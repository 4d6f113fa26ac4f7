import { describe, expect, it } from 'vitest'
import { append, empty, firstPage, flip, idAt, indexOf, prepend, remove, replace, rowAt, wanted } from './paged'

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
