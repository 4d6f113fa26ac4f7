// Which rows of a long list are on the screen, and where. Pure arithmetic.
// Browsers stop at some 16 to 33 million pixels of height, so a very long list is scaled:
// the scroll bar then moves over a shorter track, and rows are placed against what is seen.

export const MAX_HEIGHT = 12_000_000

export interface Window {
  /** Height of the scrolled area. */
  height: number
  /** First and last row to render, both inside the list; `last` < `first` when there is none. */
  first: number
  last: number
  /** Where the first rendered row stands in the scrolled area. */
  offset: number
}

export interface Track {
  count: number
  rowHeight: number
  viewport: number
}

function scale({ count, rowHeight, viewport }: Track): { height: number; ratio: number } {
  const full = count * rowHeight
  const height = Math.min(full, MAX_HEIGHT)
  return { height, ratio: full > height ? (full - viewport) / (height - viewport) : 1 }
}

export function windowAt(track: Track, scrollTop: number, overscan = 6): Window {
  const { count, rowHeight, viewport } = track
  const { height, ratio } = scale(track)
  const top = Math.max(Math.min(scrollTop, height - viewport), 0)
  const virtual = top * ratio
  const first = Math.max(Math.floor(virtual / rowHeight) - overscan, 0)
  const last = Math.min(Math.ceil((virtual + viewport) / rowHeight) - 1 + overscan, count - 1)
  return { height, first, last, offset: top + (first * rowHeight - virtual) }
}

/** Where to scroll so that a row is wholly seen; `scrollTop` itself when it already is. */
export function reveal(track: Track, scrollTop: number, index: number): number {
  const { ratio } = scale(track)
  const virtual = scrollTop * ratio
  const start = index * track.rowHeight
  const end = start + track.rowHeight
  if (start < virtual) return start / ratio
  if (end > virtual + track.viewport) return (end - track.viewport) / ratio
  return scrollTop
}

/** Where to scroll when `added` rows came in above, so that what is being read stays where it is. */
export function keep(before: Track, after: Track, scrollTop: number, added: number): number {
  const virtual = scrollTop * scale(before).ratio + added * after.rowHeight
  return Math.max(virtual / scale(after).ratio, 0)
}
