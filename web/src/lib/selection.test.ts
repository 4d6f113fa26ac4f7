import { describe, expect, it } from 'vitest'
import { firstPage } from './paged'
import { all, extend, none, prune, toggle } from './selection'

const list = firstPage({ items: ['a', 'b', 'c', 'd', 'e'].map((id) => ({ id })), next: null }, 5)
const ids = (sel: { ids: ReadonlySet<string> }) => [...sel.ids].sort().join('')

describe('a selection', () => {
  it('takes rows in and out one by one', () => {
    const two = toggle(toggle(none, 'b'), 'd')
    expect(ids(two)).toBe('bd')
    expect(ids(toggle(two, 'b'))).toBe('d')
  })

  it('is extended from its anchor, in either direction', () => {
    expect(ids(extend(toggle(none, 'b'), list, 'd'))).toBe('bcd')
    expect(ids(extend(toggle(none, 'd'), list, 'b'))).toBe('bcd')
  })

  it('begins a range at the open message', () => {
    expect(ids(extend(none, list, 'c', 'a'))).toBe('abc')
  })

  it('loses what is gone', () => {
    const left = firstPage({ items: [{ id: 'a' }], next: null }, 1)
    expect(ids(prune(all(list), left))).toBe('a')
    expect(prune(all(left), left).ids.size).toBe(1)
  })
})
