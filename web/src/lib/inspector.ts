// Keeps the mailbox up to date: loads the first page, applies the feed to it, fetches what is scrolled to.
// Plain TypeScript with everything handed in; app.svelte.ts gives it the browser and shows its state.
import { ApiError, type Api } from './api'
import type { Clock } from './feed'
import * as box from './mailbox'
import type { Mailbox } from './mailbox'
import * as paged from './paged'
import { clears, COUNTED, waiting, type SortedBy } from './sort'
import type { Info, InfoEvent, MailEvent, MessagePage, SessionPage, Summary } from './wire'

export interface State {
  mailbox: Mailbox
  info: Info | null
  /** `loading` until the first page is there, `trouble` while the server cannot be asked. */
  phase: 'loading' | 'ready' | 'trouble'
  /** What the server did not understand of the search, and where. */
  fault: Fault | null
  /** What came since a list was loaded and would move what is read: it waits until somebody wants it. */
  fresh: ReadonlySet<string>
  /** The list has so many messages, the newest, and there are older ones; `null` when it has all. */
  part: number | null
}

export interface Fault {
  message: string
  at: number | null
  expected: string | null
}

export interface Deps {
  api: Pick<Api, 'messages' | 'sessions' | 'inboxes' | 'info'>
  clock: Clock
  changed: (state: State) => void
}

const FIRST_PAGE = 100
const RETRY = 1500
const COUNTS_WAIT = 400
/** So many ids have room in a query beside what was written. */
const NAMED = 50
/** Past so many rows the list is cut back to its first page when the reader is at the top. */
const ROWS_KEPT = 30_000

export class Inspector {
  state: State = { mailbox: box.start(), info: null, phase: 'loading', fault: null, fresh: new Set(), part: null }
  private round = 0
  private sessionRound = 0
  /** Events since the request for a snapshot: it may have been answered before them. */
  private since: MailEvent[] | null = null
  private sessionsSince: MailEvent[] | null = null
  private filling = false
  private fillingSessions = false
  private window: [number, number] = [0, 0]
  private sessionWindow: [number, number] = [0, 0]
  private countsPlanned = false
  private searchPlanned = false
  /** The list has lost so much that it has to be loaded again. */
  private isVoid = false
  private freshPlanned = false
  /** Rows that were changed since, of which the search may not find all any more. */
  private touched = new Set<string>()
  private q: string | null = null
  private sort: SortedBy | null = null
  /** The list has what was there at this place of the feed. */
  private loaded = 0

  constructor(private readonly deps: Deps) {}

  /** Loads the list of an inbox, or of all, or what a search finds in it, sorted. Resolves when it is there; tries again until then. */
  async load(inbox: string | null, q: string | null = this.q, sort: SortedBy | null = this.sort): Promise<void> {
    const round = ++this.round
    this.q = q
    this.sort = sort
    this.since = []
    this.touched.clear()
    this.isVoid = false
    this.filling = false
    const page = await this.ask<MessagePage>(() => this.deps.api.messages({ inbox, q: q ?? undefined, sort: sort ?? undefined, limit: FIRST_PAGE }), () => round === this.round)
    if (!page) return
    const missed = this.since
    this.since = null
    this.loaded = page.cursor
    const shot = box.snapshot(this.state.mailbox, inbox, page)
    // What is sorted is only reached from its head.
    const list = sort === null ? shot.list : { ...shot.list, tailNext: null }
    const current = box.apply({ ...shot, list }, this.isLive() ? missed : [])
    // The counts have already seen the missed events.
    const mailbox = { ...current, inboxes: this.state.mailbox.inboxes }
    this.set({ mailbox, phase: 'ready', fault: null, fresh: new Set(), part: page.sorted_newest ?? null })
    if (!this.isLive() && missed.length > 0) this.takeFound(missed.filter((e) => e.seq > page.cursor))
    await this.refreshCounts()
    void this.fill()
  }

  /** Everything known is void: the store is another one, or too much was missed. */
  async reset(): Promise<void> {
    const sessions = this.state.mailbox.sessions !== null
    this.set({ mailbox: { ...box.forget(this.state.mailbox), list: this.state.mailbox.list } })
    await Promise.all([this.load(this.state.mailbox.inbox), sessions ? this.loadSessions() : null])
  }

  async loadSessions(): Promise<void> {
    const round = ++this.sessionRound
    this.sessionsSince = []
    const page = await this.ask<SessionPage>(() => this.deps.api.sessions({ limit: FIRST_PAGE }), () => round === this.sessionRound)
    if (!page) return
    const missed = this.sessionsSince.filter((e) => 'session' in e)
    this.sessionsSince = null
    this.set({ mailbox: box.apply(box.sessionSnapshot(this.state.mailbox, page), missed) })
    void this.fillSessions()
  }

  take(events: MailEvent[]): void {
    for (const kept of [this.since, this.sessionsSince]) kept?.push(...events)
    const before = this.state.mailbox
    if (!this.isLive()) {
      this.takeFound(events)
      this.planCounts()
      return
    }
    const reload = box.outgrown(before, events)
    this.set({ mailbox: box.apply(before, events) })
    this.planCounts()
    const long = this.state.mailbox.list.rows.size > ROWS_KEPT && this.window[1] < FIRST_PAGE
    if (reload || (long && this.since === null)) void this.load(before.inbox)
    else void this.fill()
  }

  /** Whether what is new has its place in the list without asking. */
  private isLive(): boolean {
    return this.q === null && this.sort === null
  }

  // Only the server knows what a search finds and where a sorted list has it: what is shown changes in
  // place. What is new is asked for, but where it would move what is read it is only counted.
  private takeFound(events: readonly MailEvent[]): void {
    const known = events.filter((e) => e.type !== 'message.added')
    const mailbox = box.apply(this.state.mailbox, known)
    this.set({ mailbox })
    if (!events.some((e) => !('session' in e))) return
    if (this.q !== null) for (const e of known) if (e.type === 'message.updated' && mailbox.list.rows.has(e.message.id)) this.touched.add(e.message.id)
    const isVoid = mailbox.list.total === 0 || clears(events, mailbox.inbox)
    if (isVoid || this.isNear()) return this.planSearch(isVoid)
    const told = this.q === null ? events : known
    this.set({ fresh: waiting(this.state.fresh, told, mailbox.inbox) })
    if (this.q !== null && (known.length < events.length || this.touched.size > 0)) this.planFresh()
  }

  /** A search in the order of time is loaded again as long as its first page has what is read. */
  private isNear(): boolean {
    return this.sort === null && this.window[1] < FIRST_PAGE
  }

  /** The server has told how its store is. */
  stored(store: InfoEvent['store']): void {
    const info = this.state.info
    if (info) this.set({ info: { ...info, store: { ...info.store, ...store } } })
  }

  patched(summary: Summary): void {
    this.set({ mailbox: box.patched(this.state.mailbox, summary) })
    this.planCounts()
  }

  /** Rows `first..=last` are on the screen. */
  look(first: number, last: number): void {
    this.window = [first, last]
    void this.fill()
  }

  lookSessions(first: number, last: number): void {
    this.sessionWindow = [first, last]
    void this.fillSessions()
  }

  async refreshCounts(): Promise<void> {
    try {
      const [inboxes, info] = await Promise.all([this.deps.api.inboxes(), this.deps.api.info()])
      this.set({ mailbox: box.setInboxes(this.state.mailbox, inboxes), info })
    } catch {
      // The feed shows that the server is away; the counts come with the next event.
    }
  }

  /** Loads the list again in a moment; if nothing of it `isVoid`, only where that still moves nothing that is read. */
  private planSearch(isVoid: boolean): void {
    this.isVoid ||= isVoid
    if (this.searchPlanned) return
    this.searchPlanned = true
    this.deps.clock.after(COUNTS_WAIT, () => {
      this.searchPlanned = false
      if (this.isLive()) return
      if (this.isVoid || this.isNear()) void this.load(this.state.mailbox.inbox)
      else this.planFresh()
    })
  }

  private planFresh(): void {
    if (this.freshPlanned) return
    this.freshPlanned = true
    this.deps.clock.after(COUNTS_WAIT, () => {
      this.freshPlanned = false
      void this.countFresh()
      void this.dropLost()
    })
  }

  /** Which of the newest messages that the search finds are not in the list. */
  private async countFresh(): Promise<void> {
    const { round, q, loaded } = this
    const { inbox } = this.state.mailbox
    if (q === null) return
    const page = await this.ask<MessagePage>(() => this.deps.api.messages({ inbox, q, limit: COUNTED }), () => round === this.round)
    if (!page) return
    const found = page.messages.filter((m) => m.seq > loaded && !this.state.mailbox.gone.has(m.id)).map((m) => m.id)
    this.set({ fresh: new Set([...this.state.fresh, ...found].slice(0, COUNTED)) })
  }

  /** Takes rows out that the search does not find any more. */
  private async dropLost(): Promise<void> {
    const { round, q } = this
    const ids = [...this.touched].slice(0, NAMED)
    if (ids.length === 0) return
    for (const id of ids) this.touched.delete(id)
    const { inbox } = this.state.mailbox
    // A search that has no room for the ids keeps its rows until it is loaded again.
    const page = await this.deps.api.messages({ inbox, q: `(${q}) (${ids.map((id) => `id:${id}`).join(' OR ')})`, limit: NAMED }).catch(() => null)
    if (!page || round !== this.round) return
    const lost = new Set(ids)
    for (const { id } of page.messages) lost.delete(id)
    const { mailbox } = this.state
    this.set({ mailbox: { ...mailbox, list: paged.remove(mailbox.list, lost) } })
    void this.dropLost()
  }

  private planCounts(): void {
    if (this.countsPlanned) return
    this.countsPlanned = true
    this.deps.clock.after(COUNTS_WAIT, () => {
      this.countsPlanned = false
      void this.refreshCounts()
    })
  }

  private async fill(): Promise<void> {
    const want = paged.wanted(this.state.mailbox.list, ...this.window)
    if (!want || this.filling || this.since) return
    this.filling = true
    const round = this.round
    const { list, inbox } = this.state.mailbox
    const [q, sort] = [this.q ?? undefined, this.sort ?? undefined]
    const { end, limit } = want
    try {
      const page = await (end === 'head'
        ? this.deps.api.messages({ inbox, q, sort, limit, cursor: list.headNext })
        : this.deps.api.messages({ inbox, q, limit, order: 'oldest', cursor: list.tailNext ?? null }))
      if (round !== this.round) return
      this.set({ mailbox: box.addPage(this.state.mailbox, end, page) })
      this.filling = false
      void this.fill()
    } catch (error) {
      if (round !== this.round) return
      if (end === 'tail' && error instanceof ApiError && error.status === 400) {
        // A server without that order: everything is reached from the head.
        this.set({ mailbox: { ...this.state.mailbox, list: { ...this.state.mailbox.list, tailNext: null } } })
      }
      this.deps.clock.after(RETRY, () => {
        if (round !== this.round) return
        this.filling = false
        void this.fill()
      })
    }
  }

  private async fillSessions(): Promise<void> {
    const list = this.state.mailbox.sessions
    if (!list || this.fillingSessions || this.sessionsSince) return
    const want = paged.wanted({ ...list, tailNext: null }, ...this.sessionWindow)
    if (!want) return
    this.fillingSessions = true
    const round = this.sessionRound
    try {
      const page = await this.deps.api.sessions({ limit: want.limit, cursor: list.headNext })
      if (round === this.sessionRound) this.set({ mailbox: box.addSessionPage(this.state.mailbox, page) })
      this.fillingSessions = false
      void this.fillSessions()
    } catch {
      this.deps.clock.after(RETRY, () => {
        this.fillingSessions = false
        void this.fillSessions()
      })
    }
  }

  /** Asks until there is an answer or nobody wants it any more. */
  private async ask<T>(call: () => Promise<T>, wanted: () => boolean): Promise<T | null> {
    while (wanted()) {
      try {
        const answer = await call()
        return wanted() ? answer : null
      } catch (error) {
        if (error instanceof ApiError && error.field === 'q') {
          if (wanted()) {
            this.set({ fault: { message: error.message, at: error.at, expected: error.expected } })
            void this.refreshCounts()
          }
          return null
        }
        if (this.state.phase === 'loading') this.set({ phase: 'trouble' })
        await new Promise<void>((resolve) => void this.deps.clock.after(RETRY, resolve))
      }
    }
    return null
  }

  private set(change: Partial<State>): void {
    this.state = { ...this.state, ...change }
    this.deps.changed(this.state)
  }
}
