import { describe, expect, it } from 'vitest'
import { empty, firstPage, flip, prepend, remove, type Paged } from './paged'
import { beside, placeIn, type Place } from './place'

const list = (...ids: string[]) => firstPage({ items: ids.map((id) => ({ id })), next: null }, ids.length)
const without = (from: Paged<{ id: string }>, ...ids: string[]) => remove(from, new Set(ids))
const five = list('a', 'b', 'c', 'd', 'e')
const at = (id: string, now = five) => placeIn(null, now, id)
const both = (now: Paged<{ id: string }>, place: Place | null) => [beside(now, place, -1), beside(now, place, 1)]

describe('the next row', () => {
  it('is the neighbour of the open one, and at an end that one itself', () => {
    expect(both(five, at('c'))).toEqual(['b', 'd'])
    expect(both(five, at('a'))).toEqual(['a', 'b'])
    expect(both(five, at('e'))).toEqual(['d', 'e'])
  })

  it('is the last or the first when nothing is open, and none in an empty list', () => {
    expect(both(five, null)).toEqual(['e', 'a'])
    expect(both(empty(), null)).toEqual([undefined, undefined])
    expect(both(empty(), at('c'))).toEqual([undefined, undefined])
  })

  it('is the one that took the place of a row that left, or the one above it', () => {
    expect(both(without(five, 'c'), at('c'))).toEqual(['b', 'd'])
    expect(both(without(five, 'a'), at('a'))).toEqual(['b', 'b'])
    expect(both(without(five, 'e'), at('e'))).toEqual(['d', 'd'])
  })

  it('is the nearest that is left when several leave at once', () => {
    expect(both(without(five, 'b', 'c', 'd'), at('c'))).toEqual(['a', 'e'])
    expect(both(without(five, 'c', 'd', 'e'), at('c'))).toEqual(['b', 'b'])
    expect(both(without(five, 'a', 'b', 'c'), at('c'))).toEqual(['d', 'd'])
    expect(both(without(five, 'a', 'b', 'c', 'd', 'e'), at('c'))).toEqual([undefined, undefined])
  })

  it('is found however the list is sorted', () => {
    const bySize = list('c', 'a', 'e', 'b', 'd')
    expect(both(without(bySize, 'e'), at('e', bySize))).toEqual(['a', 'b'])
    const oldest = flip({ ...empty<{ id: string }>(), ...five, head: [], tail: five.head })
    expect(both(flip(without(flip(oldest), 'b')), at('b', oldest))).toEqual(both(without(oldest, 'b'), at('b', oldest)))
  })

  it('is found when others came in above and the list was loaded anew', () => {
    expect(both(prepend(without(five, 'c'), [{ id: 'new' }]), at('c'))).toEqual(['b', 'd'])
    expect(both(list('new', 'b', 'd'), at('c'))).toEqual(['b', 'd'])
    expect(both(list('new', 'd'), at('a'))).toEqual(['new', 'd'])
  })

  it('walks through all when each leaves as it is opened', () => {
    for (const [step, first] of [[1, 'b'], [-1, 'd']] as const) {
      let [now, place, seen] = [five, at(first), [first as string]]
      for (;;) {
        now = without(now, ...seen)
        place = placeIn(place, now, seen.at(-1) ?? null)
        const next = beside(now, place, step)
        if (next === undefined) break
        seen = [...seen, next]
        place = placeIn(place, now, next)
      }
      expect(seen).toEqual(step > 0 ? ['b', 'c', 'd', 'e', 'a'] : ['d', 'c', 'b', 'a', 'e'])
    }
  })

  it('is not loaded yet next to the gap of a long list', () => {
    const long = firstPage({ items: [{ id: 'a' }, { id: 'b' }], next: 'c' }, 10)
    expect(both(long, at('b', long))).toEqual(['a', undefined])
    expect(both(without(long, 'b'), at('b', long))).toEqual(['a', undefined])
  })
})

describe('the place', () => {
  it('is as the list last had it, and of the open message only', () => {
    const place = at('c')
    const later = without(five, 'a')
    expect(placeIn(place, later, 'c')?.list).toBe(later)
    expect(placeIn(place, without(five, 'c'), 'c')).toBe(place)
    expect(placeIn(place, without(five, 'c'), 'd')?.id).toBe('d')
    expect(placeIn(place, five, null)).toBeNull()
  })

  it('of a message that the list never had is before its first row', () => {
    expect(both(five, at('x'))).toEqual(['a', 'a'])
  })
})
