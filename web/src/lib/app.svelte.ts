// The running page: binds the inspector, the feed and the address bar to the browser, as runes.
// Views read from here and call its few verbs. What the verbs mean is decided in plain TypeScript.
import { api } from './api'
import { Batcher, browserFrames } from './batch'
import { Feed, type Clock, type Link, type Socket } from './feed'
import { Inspector, type State } from './inspector'
import { unread } from './mailbox'
import { idAt, indexOf } from './paged'
import { parseRoute, to, type Route } from './route'
import type { MailEvent, Message } from './wire'

const clock: Clock = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

class App {
  state: State = $state.raw() as State
  link: Link = $state('connecting')
  route: Route = $state.raw(parseRoute(location))
  /** A sentence for a moment: what a call that failed said. */
  flash: string | null = $state(null)

  readonly inspector: Inspector
  private readonly feed: Feed
  private readonly events: Batcher<MailEvent>

  constructor() {
    this.inspector = new Inspector({ api, clock, changed: (state) => (this.state = state) })
    this.state = this.inspector.state
    this.events = new Batcher(browserFrames, (events) => this.inspector.take(events))
    this.feed = new Feed({
      clock,
      connect: (path) => new WebSocket(path.replace(/^/, location.origin.replace(/^http/, 'ws'))) as unknown as Socket,
      onEvents: (events) => this.events.push(events),
      onReset: () => {
        this.events.flush()
        void this.inspector.reset()
      },
      onLink: (link) => (this.link = link),
    })
  }

  get mailbox() {
    return this.state.mailbox
  }

  get unread(): number {
    return unread(this.mailbox)
  }

  /** The inbox of the address bar; sessions have none. */
  get inbox(): string | null {
    return this.route.page === 'messages' ? this.route.inbox : this.mailbox.inbox
  }

  async start(): Promise<void> {
    addEventListener('popstate', () => this.arrive())
    addEventListener('online', () => this.feed.wake())
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) this.feed.wake()
    })
    await this.inspector.load(this.inbox)
    this.feed.start(this.mailbox.seq, this.state.info?.store.id ?? null)
  }

  go(path: string, how: { replace?: boolean } = {}): void {
    if (path === location.pathname + location.search + location.hash) return
    history[how.replace ? 'replaceState' : 'pushState'](null, '', path)
    this.arrive()
  }

  /** Opens a message; moving on from another one replaces it, so that "back" leads to the list. */
  open(id: string): void {
    const replace = this.route.page === 'messages' && this.route.id !== null
    const tab = this.route.page === 'messages' ? this.route.tab : null
    this.go(to.message(id, this.inbox, tab), { replace })
  }

  /** Opens the message `step` rows below the open one. */
  move(step: number): string | null {
    if (this.route.page !== 'messages') return null
    const { list } = this.mailbox
    const at = this.route.id === null ? (step > 0 ? -1 : list.total) : indexOf(list, this.route.id)
    const id = idAt(list, Math.min(Math.max(at + step, 0), list.total - 1))
    if (id === undefined || id === this.route.id) return null
    this.open(id)
    return id
  }

  close(): void {
    this.go(this.route.page === 'sessions' ? to.sessions() : to.messages(this.inbox))
  }

  async seen(message: Message): Promise<void> {
    if (!message.read) await this.mark(message.id, { read: true })
  }

  async mark(id: string, change: { read?: boolean; starred?: boolean }): Promise<void> {
    await this.attempt(async () => this.inspector.patched(await api.patch(id, change)))
  }

  /** Deletes a message and opens the one that takes its place. */
  async remove(id: string): Promise<void> {
    const { list } = this.mailbox
    const at = indexOf(list, id)
    const next = at < 0 ? undefined : (idAt(list, at + 1) ?? idAt(list, at - 1))
    await this.attempt(async () => {
      await api.remove(id)
      if (this.route.page !== 'messages' || this.route.id !== id) return
      if (next === undefined || narrow()) this.go(to.messages(this.inbox), { replace: true })
      else this.open(next)
    })
  }

  async clear(inbox: string | null): Promise<void> {
    await this.attempt(async () => {
      await api.clear(inbox)
      if (this.route.page === 'messages') this.go(to.messages(this.inbox))
    })
  }

  private arrive(): void {
    const before = this.inbox
    this.route = parseRoute(location)
    if (this.route.page === 'messages' && this.inbox !== before) void this.inspector.load(this.inbox)
  }

  private async attempt(run: () => Promise<void>): Promise<void> {
    try {
      await run()
      this.flash = null
    } catch (error) {
      this.flash = error instanceof Error ? error.message : String(error)
    }
  }
}

/** One column: the list or the message, not both. */
export const narrow = () => matchMedia('(max-width: 759px)').matches

export const app = new App()
