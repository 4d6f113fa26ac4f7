// What differs between two messages: rows to show side by side, from texts of any length. The search
// for the shortest difference is bounded; texts that have too little in common are told to be so.
// The index would bring along how words, sentences, JSON and CSS are compared.
import { diffArrays } from 'diff/lib/diff/array.js'
import type { Message } from './wire'
import { flatten } from './tabs'

export interface Piece {
  text: string
  differs: boolean
}

/** `null` where one side has nothing. */
export interface Row {
  kind: 'same' | 'changed' | 'removed' | 'added'
  left: Side | null
  right: Side | null
}

export interface Side {
  number: number
  pieces: Piece[]
}

export interface Difference {
  rows: Row[]
  /** The texts were too different to be compared line by line. */
  gaveUp: boolean
}

/** Milliseconds that one comparison may take. */
const PATIENCE = 150
/** Within a line words are compared; a longer one is simply another. */
const LONG_LINE = 4000

interface Run<T> {
  left: T[]
  right: T[]
  same: boolean
}

/** Runs that are equal or not, in order; `null` when it takes too long. */
function runs<T extends string>(a: T[], b: T[], most: number): Run<T>[] | null {
  const found = diffArrays(a, b, { maxEditLength: most, timeout: PATIENCE })
  if (!found) return null
  const out: Run<T>[] = []
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
  const side = (pick: (run: Run<string>) => string[]) => found.map((run) => ({ text: pick(run).join(''), differs: !run.same })).filter((p) => p.text !== '')
  return [side((run) => run.left), side((run) => run.right)]
}

const plain = (text: string): Piece[] => [{ text, differs: false }]

export function lines(a: string, b: string): Difference {
  const [left, right] = [a, b].map((text) => (text === '' ? [] : text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n'))) as [string[], string[]]
  const found = runs(left, right, 3000)
  const rows: Row[] = []
  const at = { left: 0, right: 0 }
  let careful = 500
  for (const run of found ?? [{ left, right, same: false }]) {
    for (let i = 0; i < Math.max(run.left.length, run.right.length); i += 1) {
      const [l, r] = [run.left[i], run.right[i]]
      const [lp, rp] = run.same || l === undefined || r === undefined || found === null || (careful -= 1) < 0 ? [plain(l ?? ''), plain(r ?? '')] : words(l, r)
      rows.push({
        kind: run.same ? 'same' : l === undefined ? 'added' : r === undefined ? 'removed' : 'changed',
        left: l === undefined ? null : { number: (at.left += 1), pieces: lp },
        right: r === undefined ? null : { number: (at.right += 1), pieces: rp },
      })
    }
  }
  return { rows, gaveUp: found === null }
}

/** Rows to show, and how many equal ones stand between them. */
export type Shown = { rows: Row[]; hidden: false } | { rows: Row[]; hidden: true }
const CONTEXT = 3

/** Long runs of equal rows are hidden but for a few beside what differs. */
export function fold(rows: readonly Row[], context = CONTEXT): Shown[] {
  const differs = rows.map((row) => row.kind !== 'same')
  const near = differs.map((_, i) => differs.slice(Math.max(i - context, 0), i + context + 1).includes(true))
  const out: Shown[] = []
  rows.forEach((row, i) => {
    const hidden = !near[i]
    const last = out.at(-1)
    if (last && last.hidden === hidden) last.rows.push(row)
    else out.push({ rows: [row], hidden })
  })
  return out.map((part) => (part.hidden && part.rows.length <= 1 ? { ...part, hidden: false } : part))
}

export interface NamedRow extends Row {
  name: string
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

const headers = (m: Message) => m.headers.map((h): [string, string] => [h.name, h.value])
const envelope = (m: Message): [string, string][] => [['MAIL FROM', m.envelope.from], ...m.envelope.to.map((to): [string, string] => ['RCPT TO', to])]
const parts = (m: Message) => flatten(m.parts).map(({ part: p }): [string, string] => [p.path, [p.type, p.filename, p.children.length ? null : `${p.size} B`, p.sha256?.slice(0, 16)].filter(Boolean).join(' · ')])

/** What the wire, the header and the tree of parts say. */
export function facts(a: Message, b: Message): { envelope: NamedRow[]; headers: NamedRow[]; parts: NamedRow[] } {
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

export const COMPARED = ['headers', 'text', 'source', 'html'] as const
export type Compared = (typeof COMPARED)[number]
