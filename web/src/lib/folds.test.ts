import { describe, expect, it } from 'vitest'
import { pieces } from './folds'
import { part } from './samples'

const leaf = (path: string, range: [number, number]) => ({ ...part(path, 'text/plain'), range })
const tree = [{ ...part('TEXT', 'multipart/mixed', [leaf('1', [100, 200]), leaf('2', [300, 9000])]), range: [50, 9100] as [number, number] }]

describe('raw bytes', () => {
  it('fold where a long part is, and lose nothing', () => {
    expect(pieces(9200, tree, null)).toEqual([
      { range: [0, 300], part: null, marked: false },
      { range: [300, 9000], part: '2', marked: false },
      { range: [9000, 9200], part: null, marked: false },
    ])
    expect(pieces(0, [], null)).toEqual([])
  })

  it('mark a range, inside a part too', () => {
    const marked = pieces(9200, tree, [400, 410])
    expect(marked.filter((p) => p.marked)).toEqual([{ range: [400, 410], part: '2', marked: true }])
    expect(marked.map((p) => p.range).flat().filter((n, i, all) => all.indexOf(n) === i)).toEqual([0, 300, 400, 410, 9000, 9200])
  })

  it('mark a place between two bytes', () => expect(pieces(10, [], [4, 4]).map((p) => [p.range, p.marked])).toEqual([[[0, 4], false], [[4, 4], true], [[4, 10], false]]))
})
