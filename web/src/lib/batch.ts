// Gathers what comes one by one and hands it on once per frame, so that thousands of events make one update.
// A long queue is handed on in slices, as large as fit into a part of a frame on this machine: a burst of any
// length leaves time to draw and to answer keys between them.
// A hidden page gets no animation frames, but its title still counts: a timer stands behind each frame.

export interface Frames {
  frame(run: () => void): void
  later(ms: number, run: () => void): void
  now(): number
}

const HIDDEN_WAIT = 250
/** What handing on may take of a frame's 16 ms; the rest is for drawing. */
const SHARE = 8
const FIRST_SLICE = 250
const SMALLEST_SLICE = 50
const LARGEST_SLICE = 2000

export class Batcher<T> {
  private queue: T[] = []
  private slice = FIRST_SLICE
  private framePlanned = false
  private timerPlanned = false

  constructor(
    private readonly frames: Frames,
    private readonly deliver: (items: T[]) => void,
  ) {}

  push(items: readonly T[]): void {
    for (const item of items) this.queue.push(item)
    this.plan()
  }

  /** Hands on all there is, whatever it takes. */
  flush(): void {
    this.hand(this.queue.length)
  }

  private plan(): void {
    if (this.queue.length === 0) return
    if (!this.framePlanned) {
      this.framePlanned = true
      this.frames.frame(() => {
        this.framePlanned = false
        this.next()
      })
    }
    if (!this.timerPlanned) {
      this.timerPlanned = true
      this.frames.later(HIDDEN_WAIT, () => {
        this.timerPlanned = false
        this.next()
      })
    }
  }

  private next(): void {
    const count = Math.min(this.slice, this.queue.length)
    const begin = this.frames.now()
    this.hand(count)
    const took = this.frames.now() - begin
    if (took > SHARE) this.slice = Math.max(this.slice >> 1, SMALLEST_SLICE)
    else if (took < SHARE / 2 && count === this.slice) this.slice = Math.min(this.slice * 2, LARGEST_SLICE)
    this.plan()
  }

  private hand(count: number): void {
    if (count === 0) return
    const items = this.queue.slice(0, count)
    this.queue = this.queue.slice(count)
    this.deliver(items)
  }
}

export const browserFrames: Frames = {
  frame: (run) => void requestAnimationFrame(run),
  later: (ms, run) => void setTimeout(run, ms),
  now: () => performance.now(),
}
