// Rows of two texts beside each other, from what the worker found (diff.ts). A row is made when it is
// shown: a large message has more of them than a page should hold.

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

export interface NamedRow extends Row {
  name: string
}

/** So many lines of the left, and of the right that stand beside them. */
export interface Run {
  same: boolean
  left: number
  right: number
}

export interface Difference {
  runs: Run[]
  /** The words of rows that were compared so far, by the row. */
  words: Map<number, [Piece[], Piece[]]>
  /** The texts were too different to be compared line by line. */
  gaveUp: boolean
}

/** Characters of each text that are compared. */
export const MOST = 4 * 1024 * 1024
export const cut = (text: string) => (text.length > MOST ? text.slice(0, MOST) : text)

export const split = (text: string): string[] => (text === '' ? [] : text.replace(/\r\n?/g, '\n').replace(/\n$/, '').split('\n'))
export const plain = (text: string): Piece[] => [{ text, differs: false }]

export interface Table {
  length: number
  at: (row: number) => Row | NamedRow
  /** Rows that differ, `[from, to)`, in order. */
  odd: [number, number][]
}

export function listed(rows: (Row | NamedRow)[]): Table {
  return { length: rows.length, at: (i) => rows[i] as Row, odd: rows.flatMap((row, i): [number, number][] => (row.kind === 'same' ? [] : [[i, i + 1]])) }
}

export function laid(a: string, b: string, found: Difference): Table {
  const [left, right] = [split(a), split(b)]
  const at = { row: 0, left: 0, right: 0 }
  const starts = found.runs.map((run) => {
    const start = { ...at, run }
    at.row += Math.max(run.left, run.right)
    at.left += run.left
    at.right += run.right
    return start
  })
  const side = (lines: string[], n: number, pieces: Piece[] | undefined): Side => ({ number: n + 1, pieces: pieces ?? plain(lines[n] ?? '') })
  const row = (i: number): Row => {
    let [low, high] = [0, starts.length]
    while (high - low > 1) {
      const middle = (low + high) >> 1
      if ((starts[middle]?.row ?? 0) <= i) low = middle
      else high = middle
    }
    const start = starts[low]
    if (!start) throw new RangeError(`there is no row ${i}`)
    const { run } = start
    const n = i - start.row
    const kind = run.same ? 'same' : n >= run.left ? 'added' : n >= run.right ? 'removed' : 'changed'
    const marked = found.words.get(i)
    return {
      kind,
      left: n < run.left ? side(left, start.left + n, marked?.[0]) : null,
      right: n < run.right ? side(right, start.right + n, marked?.[1]) : null,
    }
  }
  const odd = starts.filter(({ run }) => !run.same).map(({ row, run }): [number, number] => [row, row + Math.max(run.left, run.right)])
  return { length: at.row, at: row, odd }
}

/** Rows to show, or equal ones that are hidden. */
export interface Stretch {
  from: number
  count: number
  hidden: boolean
}

/** Long runs of equal rows are hidden but for a few beside what differs. */
export function fold(table: Table, context: number): Stretch[] {
  const out: Stretch[] = []
  const add = (to: number, hidden: boolean) => {
    const last = out.at(-1)
    const from = last ? last.from + last.count : 0
    if (to <= from) return
    // To hide one row saves none.
    const shown = !hidden || to - from === 1
    if (shown && last && !last.hidden) last.count += to - from
    else out.push({ from, count: to - from, hidden: !shown })
  }
  for (const [from, to] of table.odd) {
    add(Math.max(from - context, 0), true)
    add(Math.min(to + context, table.length), false)
  }
  add(table.length, true)
  return out
}

export const COMPARED = ['headers', 'text', 'source', 'html'] as const
export type Compared = (typeof COMPARED)[number]
