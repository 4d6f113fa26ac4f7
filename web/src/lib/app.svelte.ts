// The running page: binds the inspector, the feed and the address bar to the browser, as runes.
// Views read from here and call its few verbs. What the verbs mean is decided in plain TypeScript.
import { api, ApiError, type Change } from './api'
import { Alerts, badge, ring } from './alert'
import { Batcher, browserFrames } from './batch'
import { build, EMPTY, envelopeOf } from './compose'
import { Feed, type Clock, type Link, type Socket } from './feed'
import { Inspector, type State } from './inspector'
import { unread, type Row } from './mailbox'
import { NARROW } from './measures'
import { flip, remove, type Paged } from './paged'
import { beside, placeIn, type Place } from './place'
import { DEFAULTS } from './prefs'
import { choose, prefs } from './prefs.svelte'
import { parseRoute, to, type Route, type Shown } from './route'
import * as choice from './selection'
import { sortedBy, type Sort } from './sort'
import { Held } from './undo'
import { words } from './words'
import type { MailEvent, Message, Summary } from './wire'

const clock: Clock = {
  after(ms, run) {
    const timer = setTimeout(run, ms)
    return () => clearTimeout(timer)
  },
  random: () => Math.random(),
}

/** The name under which the browser's tools show the work of a slice of events. */
const APPLY = 'restante apply'
const CLOCK_MS = 10_000
const HEAD_READ = 64 * 1024
/** The page goes: calls must outlive it. */
let leaving = false

class App {
  state: State = $state.raw() as State
  link: Link = $state('connecting')
  route: Route = $state.raw(parseRoute(location))
  /** A sentence for a moment: what a call that failed said. */
  flash: string | null = $state(null)
  selection: choice.Selection = $state.raw(choice.none)
  /** Deleted here, but the server is not told yet. */
  held: ReadonlySet<string> = $state.raw(new Set())
  private place: Place | null = null
  /** The time that "3 min ago" is reckoned from. */
  now: Date = $state.raw(new Date())
  /** The list as it is shown: without what is being deleted, in the chosen order. */
  readonly list: Paged<Row> = $derived.by(() => {
    const left = remove(this.mailbox.list, this.held)
    return this.sort === 'oldest' ? flip(left) : left
  })

  readonly inspector: Inspector
  private readonly feed: Feed
  private readonly trash: Held
  private readonly events: Batcher<MailEvent>
  private readonly alerts = new Alerts(clock, {
    hidden: () => document.hidden,
    sound: () => prefs.now.sound && ring(),
    note: (newest, mails) => prefs.now.notify && this.notify(newest, mails),
  })
  private note: Notification | null = null

  constructor() {
    this.inspector = new Inspector({ api, clock, changed: (state) => ((this.state = state), this.settle()) })
    this.state = this.inspector.state
    this.trash = new Held(clock, (ids) => void this.attempt(() => api.remove([...ids], leaving)), (ids) => (this.held = ids))
    this.events = new Batcher(browserFrames, (events) => {
      const start = performance.now()
      this.inspector.take(events)
      this.alerts.add(events.flatMap((e) => (e.type === 'message.added' ? e.message : [])))
      // Seen by who observes, kept by nobody.
      performance.measure(APPLY, { start, detail: events.length })
      performance.clearMeasures(APPLY)
    })
    this.feed = new Feed({
      clock,
      connect: (path) => new WebSocket(path.replace(/^/, location.origin.replace(/^http/, 'ws'))) as unknown as Socket,
      onEvents: (events) => this.events.push(events),
      onReset: () => {
        this.events.flush()
        void this.inspector.reset()
      },
      onLink: (link) => {
        // How the store is may have changed unheard.
        if (link === 'live' && this.link !== 'connecting') void this.inspector.refreshCounts()
        this.link = link
      },
      onInfo: (store) => this.inspector.stored(store),
    })
  }

  get mailbox() {
    return this.state.mailbox
  }

  get unread(): number {
    return unread(this.mailbox)
  }

  /** What the address bar asks to see; sessions leave the list as it was. */
  get shown(): Shown {
    const { route } = this
    return route.page === 'messages' ? { inbox: route.inbox, q: route.q, sort: route.sort } : this.last
  }

  get sort(): Sort {
    return this.shown.sort ?? prefs.now.order
  }

  get inbox(): string | null {
    return this.shown.inbox
  }

  private last: Shown = { inbox: null, q: null, sort: null }
  /** What the list was last loaded for. */
  private asked = ''

  async start(): Promise<void> {
    addEventListener('popstate', () => this.arrive())
    addEventListener('pagehide', () => {
      leaving = true
      this.trash.flush()
    })
    setInterval(() => (this.now = new Date()), CLOCK_MS)
    addEventListener('online', () => this.feed.wake())
    document.addEventListener('visibilitychange', () => {
      if (document.hidden) return
      this.feed.wake()
      this.alerts.looked()
      this.note?.close()
    })
    await this.ask()
    this.feed.start(this.mailbox.seq, this.state.info?.store.id ?? null)
  }

  go(path: string, how: { replace?: boolean } = {}): void {
    if (path === location.pathname + location.search + location.hash) return
    history[how.replace ? 'replaceState' : 'pushState'](null, '', path)
    this.arrive()
  }

  /** Orders the list, now and from now on. It is the same place, so "back" leads to the one before. */
  sortBy(sort: Sort): void {
    const { route } = this
    void choose({ order: sort })
    this.last = { ...this.shown, sort: sort === DEFAULTS.order ? null : sort }
    if (route.page === 'messages') this.go(route.id === null ? to.messages(this.last) : to.message(route.id, this.last, route.tab), { replace: true })
    this.arrive()
  }

  /** Opens a message; moving on from another one replaces it, so that "back" leads to the list. */
  open(id: string): void {
    const replace = this.route.page === 'messages' && this.route.id !== null
    const tab = this.route.page === 'messages' ? this.route.tab : null
    this.go(to.message(id, this.shown, tab), { replace })
  }

  /** Opens the message below the open one, or above it. */
  move(step: 1 | -1): string | null {
    const id = beside(this.list, this.place, step)
    if (this.route.page !== 'messages' || id === undefined || id === this.route.id) return null
    this.open(id)
    return id
  }

  close(): void {
    this.go(this.route.page === 'sessions' ? to.sessions() : to.messages(this.shown))
  }

  async seen(message: Message): Promise<void> {
    if (!message.read) await this.mark(message.id, { read: true })
  }

  async mark(id: string, change: { read?: boolean; starred?: boolean }): Promise<void> {
    await this.change([id], change)
  }

  /** A mail to see that it works. */
  async test(): Promise<void> {
    const draft = { ...EMPTY, subject: words.compose.testSubject, text: words.compose.testText }
    await this.attempt(async () => void (await api.send(draft.from, [draft.to], build(draft, new Date(), String(Date.now())))))
  }

  /** Files of mail that were dropped on the page come in as messages. */
  async importFiles(files: readonly File[]): Promise<void> {
    await this.attempt(async () => {
      for (const file of files) {
        const raw = new Uint8Array(await file.arrayBuffer())
        const { from, to } = envelopeOf(new TextDecoder().decode(raw.subarray(0, HEAD_READ)))
        await api.send(from, to.split(','), raw)
      }
    })
  }

  /** The tab's icon shows how much is unread. */
  showUnread(unread: number): void {
    const link = document.querySelector<HTMLLinkElement>('link[rel=icon]')
    if (!link) return
    link.dataset['plain'] ??= link.href
    const icon = new Image()
    icon.onload = () => (link.href = badge(icon, unread))
    icon.src = link.dataset['plain']
  }

  private notify({ subject, from, id }: Summary, mails: number): void {
    const one = subject || words.list.noSubject
    // The next one takes its place.
    this.note = new Notification(mails > 1 ? words.list.newAbove(mails) : one, { body: mails > 1 ? one : (from[0]?.address ?? ''), tag: 'restante' })
    this.note.onclick = () => {
      window.focus()
      this.open(id)
    }
  }

  /** What a key or a button means: the chosen rows, else the open message. */
  targets(): string[] {
    if (this.selection.ids.size > 0) return [...this.selection.ids]
    return this.route.page === 'messages' && this.route.id !== null ? [this.route.id] : []
  }

  /** Those of them whose rows are loaded. */
  rows(ids: readonly string[]): Row[] {
    return ids.flatMap((id) => this.mailbox.list.rows.get(id) ?? [])
  }

  /** The two chosen rows beside each other, the older one first; `false` when not two are chosen. */
  compare(): boolean {
    if (this.selection.ids.size !== 2) return false
    const age = (id: string) => this.mailbox.list.rows.get(id)?.received_at ?? ''
    const [a = '', b = ''] = [...this.selection.ids].sort((x, y) => age(x).localeCompare(age(y)))
    this.go(to.compare(a, b))
    return true
  }

  async change(ids: readonly string[], change: Change): Promise<void> {
    const [id] = ids
    if (id === undefined) return
    await this.attempt(async () => {
      // One is shown ahead of its event; many come by theirs.
      if (ids.length === 1) this.inspector.patched(await api.patch(id, change))
      else await api.change(ids, change)
    })
  }

  /** Adds a tag to messages, or takes it away when it begins with a `-`. */
  async tag(ids: readonly string[], text: string): Promise<void> {
    const away = text.startsWith('-')
    const tag = text.replace(/^-/, '').trim()
    if (tag === '') return
    await this.change(ids, away ? { remove_tags: [tag] } : { add_tags: [tag] })
  }

  /** Takes messages away, for the server only after some seconds, and opens the one that takes their place. */
  remove(ids: readonly string[]): void {
    const { route } = this
    if (route.page === 'messages' && route.id !== null && ids.includes(route.id)) {
      const left = remove(this.list, new Set(ids))
      const next = beside(left, this.place, 1) ?? beside(left, this.place, -1)
      if (next === undefined || narrow()) this.go(to.messages(this.shown), { replace: true })
      else this.open(next)
    }
    this.selection = choice.none
    this.trash.hold(ids)
  }

  undo(): void {
    this.trash.undo()
  }

  /** A click on a row with a key held, or on its box; a range begins at the open message unless one has begun. */
  pick(id: string, range: boolean, from = this.route.page === 'messages' ? this.route.id : null): void {
    this.selection = range ? choice.extend(this.selection, this.list, id, from) : choice.toggle(this.selection, id)
  }

  async clear(inbox: string | null): Promise<void> {
    await this.attempt(async () => {
      await api.clear(inbox)
      if (this.route.page === 'messages') this.go(to.messages(this.shown))
    })
  }

  private arrive(): void {
    this.route = parseRoute(location)
    this.last = this.shown
    this.settle()
    void this.ask()
  }

  /** The list or the open message has changed. */
  private settle(): void {
    this.place = placeIn(this.place, this.list, this.route.page === 'messages' ? this.route.id : null)
  }

  /** Loads what the list is to show, unless it was asked for already. */
  private async ask(): Promise<void> {
    const { inbox, q } = this.shown
    const sort = sortedBy(this.sort)
    const asked = JSON.stringify([inbox, q, sort])
    if (asked === this.asked) return
    this.asked = asked
    this.selection = choice.none
    await this.inspector.load(inbox, q, sort)
  }

  private async attempt(run: () => Promise<void>): Promise<void> {
    try {
      await run()
      this.flash = null
    } catch (error) {
      // What is gone meanwhile needs no change.
      if (error instanceof ApiError && error.missing) return
      this.flash = error instanceof Error ? error.message : String(error)
    }
  }
}

/** One column: the list or the message, not both. */
export const narrow = () => matchMedia(NARROW).matches

export const app = new App()
