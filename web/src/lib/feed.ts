// The one WebSocket: reads events from a cursor, and comes back by itself when it drops.
// Socket and clock are handed in, so that the tests neither connect nor wait.
// Leaves to the app what the events mean.
import { url } from './api'
import type { Hello, InfoEvent, MailEvent } from './wire'

export interface Socket {
  onopen: (() => void) | null
  onmessage: ((event: { data: unknown }) => void) | null
  onclose: (() => void) | null
  close(): void
}

export interface Clock {
  after(ms: number, run: () => void): () => void
  random(): number
}

export type Link = 'connecting' | 'live' | 'reconnecting' | 'offline'

export interface FeedOptions {
  connect: (path: string) => Socket
  clock: Clock
  onEvents: (events: MailEvent[]) => void
  /** The events after the cursor are lost, or the store is another one: load again, the feed goes on from `seq`. */
  onReset: (hello: Hello) => void
  onLink: (link: Link) => void
  /** The store's state has changed, or something was dropped. */
  onInfo?: (store: InfoEvent['store']) => void
}

const FIRST_WAIT = 250
const LONGEST_WAIT = 10_000
/** Without a hello in this time a connection counts as dead. */
const HELLO_WAIT = 10_000
/** After so many vain attempts the page says "offline". It goes on trying. */
const OFFLINE_AFTER = 4

export class Feed {
  private socket: Socket | null = null
  private cancelTimer: (() => void) | null = null
  private attempts = 0
  private cursor = 0
  private store: string | null = null
  private running = false
  private link: Link = 'connecting'

  constructor(private readonly options: FeedOptions) {}

  get seq(): number {
    return this.cursor
  }

  /** Begins to read the events after `cursor`; `store` is the store that cursor belongs to, if known. */
  start(cursor: number, store: string | null): void {
    this.cursor = cursor
    this.store = store
    this.running = true
    this.open()
  }

  stop(): void {
    this.running = false
    this.drop()
  }

  /** Something says that the network or the user is back: try now instead of at the end of the wait. */
  wake(): void {
    if (!this.running || this.link === 'live') return
    // A connection that is being made is left alone; only a wait is cut short.
    if (this.socket) return
    this.attempts = 0
    this.open()
  }

  private open(): void {
    this.drop()
    const socket = this.options.connect(url.events(this.cursor))
    this.socket = socket
    this.wait(HELLO_WAIT, () => this.lost(socket))
    socket.onmessage = (event) => {
      if (socket === this.socket) this.take(String(event.data))
    }
    socket.onclose = () => this.lost(socket)
  }

  private take(data: string): void {
    const frame = JSON.parse(data) as Hello | InfoEvent | MailEvent
    if (frame.type === 'hello') return this.greet(frame)
    if (frame.type === 'info') return this.options.onInfo?.(frame.store)
    // A frame that was already seen, as after a reconnect, changes nothing.
    if (frame.seq <= this.cursor) return
    this.cursor = frame.seq
    this.options.onEvents([frame])
  }

  private greet(hello: Hello): void {
    this.cancel()
    this.attempts = 0
    const another = this.store !== null && this.store !== hello.store
    this.store = hello.store
    this.show('live')
    if (hello.resync || another) {
      this.cursor = hello.seq
      this.options.onReset(hello)
    }
  }

  private lost(socket: Socket): void {
    if (socket !== this.socket) return
    this.drop()
    if (!this.running) return
    this.attempts += 1
    this.show(this.attempts > OFFLINE_AFTER ? 'offline' : 'reconnecting')
    const limit = Math.min(FIRST_WAIT * 2 ** (this.attempts - 1), LONGEST_WAIT)
    // Half fixed, half random: many open pages do not come back in the same moment.
    this.wait(limit / 2 + (limit / 2) * this.options.clock.random(), () => this.open())
  }

  private show(link: Link): void {
    if (link === this.link) return
    this.link = link
    this.options.onLink(link)
  }

  private wait(ms: number, run: () => void): void {
    this.cancel()
    this.cancelTimer = this.options.clock.after(ms, () => {
      this.cancelTimer = null
      run()
    })
  }

  private cancel(): void {
    this.cancelTimer?.()
    this.cancelTimer = null
  }

  private drop(): void {
    this.cancel()
    const socket = this.socket
    this.socket = null
    if (!socket) return
    socket.onopen = socket.onmessage = socket.onclose = null
    socket.close()
  }
}
