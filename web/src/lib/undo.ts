// Deletions are held back for a few seconds: the rows vanish at once, the server is told when nobody
// took it back. What was held goes out at once when another deletion follows or the page goes.
import type { Clock } from './feed'

export const UNDO_MS = 5000

export class Held {
  private waiting: { ids: ReadonlySet<string>; cancel: () => void } | null = null

  constructor(
    private readonly clock: Clock,
    private readonly commit: (ids: ReadonlySet<string>) => void,
    private readonly changed: (ids: ReadonlySet<string>) => void,
  ) {}

  hold(ids: Iterable<string>): void {
    this.flush()
    const held = new Set(ids)
    this.waiting = { ids: held, cancel: this.clock.after(UNDO_MS, () => this.flush()) }
    this.changed(held)
  }

  undo(): void {
    this.waiting?.cancel()
    this.waiting = null
    this.changed(new Set())
  }

  /** Tells the server now. The rows stay away: their events follow. */
  flush(): void {
    if (!this.waiting) return
    const { ids, cancel } = this.waiting
    cancel()
    this.waiting = null
    this.commit(ids)
    this.changed(new Set())
  }
}
