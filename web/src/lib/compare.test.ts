import { describe, expect, it } from 'vitest'
import { fold, laid, type Table } from './compare'
import { lines, named, unequal, words } from './diff'

const show = (row: { kind: string; left: { pieces: { text: string }[] } | null; right: { pieces: { text: string }[] } | null }) =>
  [row.kind, row.left?.pieces.map((p) => p.text).join('') ?? null, row.right?.pieces.map((p) => p.text).join('') ?? null]

const table = (a: string, b: string) => laid(a, b, lines(a, b))
const all = (t: Table) => Array.from({ length: t.length }, (_, i) => t.at(i))

describe('two texts', () => {
  it('stand beside each other line by line', () => {
    expect(all(table('a\r\nb 1\nc\n', 'a\nb 2\nc\nd')).map(show)).toEqual([['same', 'a', 'a'], ['changed', 'b 1', 'b 2'], ['same', 'c', 'c'], ['added', null, 'd']])
    expect(all(table('a\nb', 'b')).map(show)).toEqual([['removed', 'a', null], ['same', 'b', 'b']])
    expect(all(table('', ''))).toEqual([])
  })

  it('have their words marked', () => {
    expect(words('Order 4711, thanks', 'Order 4712, thanks')).toEqual([
      [{ text: 'Order ', differs: false }, { text: '4711', differs: true }, { text: ', thanks', differs: false }],
      [{ text: 'Order ', differs: false }, { text: '4712', differs: true }, { text: ', thanks', differs: false }],
    ])
    expect(words('one', 'two')[0]).toEqual([{ text: 'one', differs: true }])
  })

  it('hide what is long and equal', () => {
    const many = Array.from({ length: 50 }, (_, i) => `line ${i}`)
    const found = fold(table(many.join('\n'), many.join('\n').replace('line 25', 'other 25')), 3)
    expect(found.map((part) => [part.hidden, part.from, part.count])).toEqual([[true, 0, 22], [false, 22, 7], [true, 29, 21]])
    expect(fold(table('a\nb', 'a\nb'), 3).map((part) => part.hidden)).toEqual([true])
    // Between two differences one equal row is left, which is shown.
    const near = many.join('\n').replace('line 20', 'x').replace('line 28', 'y')
    expect(fold(table(many.join('\n'), near), 3).map((part) => [part.hidden, part.count])).toEqual([[true, 17], [false, 15], [true, 18]])
  })

  it('are given up in bounded time when they have nothing in common', () => {
    const text = (seed: number) => Array.from({ length: 20_000 }, (_, i) => `${(i * 7919 + seed * 104_729) % 99_991} ${seed}`).join('\n')
    const begin = performance.now()
    const found = lines(text(1), text(2))
    expect(performance.now() - begin).toBeLessThan(3000)
    expect(found.gaveUp).toBe(true)
    expect(laid(text(1), text(2), found).length).toBe(20_000)
  })
})

describe('headers', () => {
  it('are put together by name, the repeated ones in order', () => {
    const rows = named([['Received', 'a'], ['Received', 'b'], ['Subject', 'x 1'], ['X-Old', '1']], [['received', 'a'], ['Subject', 'x 2'], ['Received', 'b'], ['X-New', '2']])
    expect(rows.map((r) => [r.name, ...show(r)])).toEqual([
      ['Received', 'same', 'a', 'a'],
      ['Received', 'same', 'b', 'b'],
      ['Subject', 'changed', 'x 1', 'x 2'],
      ['X-Old', 'removed', '1', null],
      ['X-New', 'added', null, '2'],
    ])
  })
})

it('pieces without an equal are named by their places', () => {
  expect(unequal(['a', 'b', 'c'], ['a', 'x', 'c', 'd'])).toEqual([new Set([1]), new Set([1, 3])])
})
