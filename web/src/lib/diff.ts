// What differs between two messages. The search for the shortest difference is bounded; texts that have
// too little in common are told to be so. It still takes long, so only the worker loads this.
// The index of the library would bring along how words, sentences, JSON and CSS are compared.
import { diffArrays } from 'diff/lib/diff/array.js'
import { plain, split, type Difference, type NamedRow, type Piece, type Run } from './compare'
import type { Facts } from './differ'
import { flatten } from './tabs'

/** Milliseconds that lines may take, and then the words within them. */
const PATIENCE = 1500
/** Rows whose words are compared. The page has to take them over at once. */
const CAREFUL = 1000
/** Within a line words are compared; a longer one is simply another. */
const LONG_LINE = 4000

interface Found<T> {
  left: T[]
  right: T[]
  same: boolean
}

/** Runs that are equal or not, in order; `null` when it takes too long. */
function runs<T extends string>(a: T[], b: T[], most: number): Found<T>[] | null {
  const found = diffArrays(a, b, { maxEditLength: most, timeout: PATIENCE })
  if (!found) return null
  const out: Found<T>[] = []
  for (const { value, added, removed } of found) {
    const last = out.at(-1)
    if (!added && !removed) out.push({ left: value, right: value, same: true })
    else {
      const run = last && !last.same ? last : { left: [], right: [], same: false }
      if (run !== last) out.push(run)
      ;(added ? run.right : run.left).push(...value)
    }
  }
  return out
}

const tokens = (line: string) => line.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? []

/** The words of two lines that stand beside each other. */
export function words(left: string, right: string): [Piece[], Piece[]] {
  const whole: [Piece[], Piece[]] = [[{ text: left, differs: true }], [{ text: right, differs: true }]]
  if (left.length + right.length > LONG_LINE) return whole
  const found = runs(tokens(left), tokens(right), 400)
  if (!found || !found.some((run) => run.same && run.left.join('').trim() !== '')) return whole
  const side = (pick: (run: Found<string>) => string[]) => found.map((run) => ({ text: pick(run).join(''), differs: !run.same })).filter((p) => p.text !== '')
  return [side((run) => run.left), side((run) => run.right)]
}

export function lines(a: string, b: string): Difference {
  const [left, right] = [split(a), split(b)]
  const found = runs(left, right, 3000)
  const marked: Difference['words'] = new Map()
  const out = (found ?? [{ left, right, same: false }]).map((run): Run => ({ same: run.same, left: run.left.length, right: run.right.length }))
  const end = performance.now() + PATIENCE
  let row = 0
  for (const run of found ?? []) {
    const both = run.same ? 0 : Math.min(run.left.length, run.right.length)
    for (let i = 0; i < both && marked.size < CAREFUL && performance.now() < end; i += 1) marked.set(row + i, words(run.left[i] ?? '', run.right[i] ?? ''))
    row += Math.max(run.left.length, run.right.length)
  }
  return { runs: out, words: marked, gaveUp: found === null }
}

/** Headers beside each other by their names, the repeated ones in order; then what only the right has. */
export function named(left: readonly [string, string][], right: readonly [string, string][]): NamedRow[] {
  const rest = new Map<string, [string, string][]>()
  for (const pair of right) rest.set(pair[0].toLowerCase(), [...(rest.get(pair[0].toLowerCase()) ?? []), pair])
  const row = (name: string, l: string | null, r: string | null): NamedRow => {
    const kind = l === null ? 'added' : r === null ? 'removed' : l === r ? 'same' : 'changed'
    const [lp, rp] = kind === 'changed' ? words(l ?? '', r ?? '') : [plain(l ?? ''), plain(r ?? '')]
    return { name, kind, left: l === null ? null : { number: 0, pieces: lp }, right: r === null ? null : { number: 0, pieces: rp } }
  }
  const both = left.map(([name, value]) => row(name, value, rest.get(name.toLowerCase())?.shift()?.[1] ?? null))
  const names = new Set(right)
  const added = [...rest.values()].flat().filter((pair) => names.has(pair))
  return [...both, ...added.map(([name, value]) => row(name, null, value))]
}

const headers = (m: Facts) => m.headers.map((h): [string, string] => [h.name, h.value])
const envelope = (m: Facts): [string, string][] => [['MAIL FROM', m.envelope.from], ...m.envelope.to.map((to): [string, string] => ['RCPT TO', to])]
const parts = (m: Facts) => flatten(m.parts).map(({ part: p }): [string, string] => [p.path, [p.type, p.filename, p.children.length ? null : `${p.size} B`, p.sha256?.slice(0, 16)].filter(Boolean).join(' · ')])

/** What the wire, the header and the tree of parts say. */
export function facts(a: Facts, b: Facts): { envelope: NamedRow[]; headers: NamedRow[]; parts: NamedRow[] } {
  return { envelope: named(envelope(a), envelope(b)), headers: named(headers(a), headers(b)), parts: named(parts(a), parts(b)) }
}

/** Which pieces of two lists of texts have no equal on the other side. */
export function unequal(a: string[], b: string[]): [Set<number>, Set<number>] {
  const out: [Set<number>, Set<number>] = [new Set(), new Set()]
  let [i, j] = [0, 0]
  for (const run of runs(a, b, 3000) ?? [{ left: a, right: b, same: false }]) {
    if (!run.same) {
      run.left.forEach((_, n) => out[0].add(i + n))
      run.right.forEach((_, n) => out[1].add(j + n))
    }
    i += run.left.length
    j += run.right.length
  }
  return out
}

