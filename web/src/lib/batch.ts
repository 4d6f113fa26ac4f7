// Gathers what comes one by one and hands it on once per frame, so that thousands of events make one update.
// A hidden page gets no animation frames, but its title still counts: a timer stands behind each frame.

export interface Frames {
  frame(run: () => void): void
  later(ms: number, run: () => void): void
}

const HIDDEN_WAIT = 250

export class Batcher<T> {
  private queue: T[] = []
  private framePlanned = false
  private timerPlanned = false

  constructor(
    private readonly frames: Frames,
    private readonly deliver: (items: T[]) => void,
  ) {}

  push(items: readonly T[]): void {
    for (const item of items) this.queue.push(item)
    if (this.queue.length === 0) return
    if (!this.framePlanned) {
      this.framePlanned = true
      this.frames.frame(() => {
        this.framePlanned = false
        this.flush()
      })
    }
    if (!this.timerPlanned) {
      this.timerPlanned = true
      this.frames.later(HIDDEN_WAIT, () => {
        this.timerPlanned = false
        this.flush()
      })
    }
  }

  flush(): void {
    if (this.queue.length === 0) return
    const items = this.queue
    this.queue = []
    this.deliver(items)
  }
}

export const browserFrames: Frames = {
  frame: (run) => void requestAnimationFrame(run),
  later: (ms, run) => void setTimeout(run, ms),
}
