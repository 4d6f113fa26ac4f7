// Raw bytes cut where parts and a marked range begin and end, so that long contents can be folded away.
import { flatten } from './tabs'
import type { Part, Range } from './wire'

export interface Piece {
  range: Range
  /** The leaf part whose content this is, when it is long enough to fold. */
  part: string | null
  marked: boolean
}

/** Content of fewer bytes is not worth folding. */
export const FOLD_FROM = 2000

export function pieces(size: number, parts: readonly Part[], mark: Range | null): Piece[] {
  const long = flatten(parts)
    .map((n) => n.part)
    .filter((p) => p.children.length === 0 && p.range[1] - p.range[0] >= FOLD_FROM)
  const cuts = new Set([0, size, ...(mark ?? []), ...long.flatMap((p) => p.range)])
  const at = [...cuts].filter((n) => n >= 0 && n <= size).sort((a, b) => a - b)
  const inside = ([start, end]: Range, [a, b]: Range) => start >= a && end <= b
  const found = at.slice(1).map((end, i): Piece => {
    const range: Range = [at[i] ?? 0, end]
    return { range, part: long.find((p) => inside(range, p.range))?.path ?? null, marked: mark !== null && mark[0] < mark[1] && inside(range, mark) }
  })
  if (mark === null || mark[0] < mark[1]) return found
  // A place between two bytes is a piece of its own.
  const next = found.findIndex((p) => p.range[0] >= mark[0])
  found.splice(next < 0 ? found.length : next, 0, { range: mark, part: null, marked: true })
  return found
}
