// The HTTP calls of the inspector. Owns addresses and errors; knows nothing of what is shown.
import type { Field } from './complete'
import type { File } from './compose'
import type { SortedBy } from './sort'
import type { Info, Inbox, Message, MessagePage, Session, SessionPage, Setting, Summary, Transcript } from './wire'

export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** The parameter that is wrong; for a search also where, and what would be right. */
    readonly field: string | null = null,
    readonly at: number | null = null,
    readonly expected: string | null = null,
  ) {
    super(message)
    this.name = 'ApiError'
  }

  /** The thing asked for is not there, or not any more. */
  get missing(): boolean {
    return this.status === 404 || this.status === 410
  }
}

export type Order = 'newest' | 'oldest'
export type Query = Record<string, string | number | boolean | null | undefined>
type Fetch = (url: string, init?: RequestInit) => Promise<Response>

const id = encodeURIComponent

/** `?a=1&b=2` of what is set; nothing at all when nothing is. */
export function query(params: Query): string {
  const set = Object.entries(params).filter(([, v]) => v !== null && v !== undefined)
  return set.length === 0 ? '' : '?' + new URLSearchParams(set.map(([k, v]) => [k, String(v)])).toString()
}

/** Addresses that the page puts into `href` and `src`. */
export const url = {
  raw: (m: string, download = false) => `/v1/messages/${id(m)}/raw${download ? '?download=1' : ''}`,
  /** `scheme` answers the HTML's `prefers-color-scheme`. */
  html: (m: string, look: { remote?: boolean; images?: boolean; scheme?: 'light' | 'dark' } = {}) =>
    `/v1/messages/${id(m)}/html${query({ remote: look.remote ? 1 : null, images: look.images === false ? 0 : null, scheme: look.scheme === 'dark' ? 'dark' : null })}`,
  text: (m: string) => `/v1/messages/${id(m)}/text`,
  part: (m: string, path: string, params: { raw?: 1; download?: 1 } = {}) =>
    `/v1/messages/${id(m)}/parts/${id(path)}${query(params)}`,
  transcript: (s: string) => `/v1/sessions/${id(s)}/transcript`,
  events: (after: number) => `/v1/events${query({ after })}`,
}

/** What may be changed on a message. */
export interface Change {
  read?: boolean
  starred?: boolean
  tags?: string[]
  add_tags?: string[]
  remove_tags?: string[]
}

/** The most messages that a call names (docs/api.md). */
const NAMED = 500

function byHundreds(ids: readonly string[]): string[] {
  const calls = Math.ceil(ids.length / NAMED)
  return Array.from({ length: calls }, (_, n) => `/v1/messages?${new URLSearchParams(ids.slice(n * NAMED, (n + 1) * NAMED).map((m) => ['id', m])).toString()}`)
}

interface Failure {
  code?: string
  message?: string
  field?: string
  at?: number
  expected?: string
}

async function failure(answer: Response): Promise<ApiError> {
  const body: unknown = await answer.json().catch(() => null)
  const error = (body as { error?: Failure } | null)?.error
  const { code = 'http_error', message = `The server answered ${answer.status}.`, field = null, at = null, expected = null } = error ?? {}
  return new ApiError(answer.status, code, message, field, at, expected)
}

export function createApi(fetch: Fetch = (u, i) => globalThis.fetch(u, i)) {
  async function call<T>(method: string, path: string, init: { body?: unknown; signal?: AbortSignal | undefined; leaving?: boolean } = {}): Promise<T> {
    const headers: Record<string, string> = { accept: 'application/json' }
    const request: RequestInit = { method, headers, signal: init.signal ?? null, keepalive: init.leaving ?? false }
    if (init.body !== undefined) {
      headers['content-type'] = 'application/json'
      request.body = JSON.stringify(init.body)
    }
    const answer = await fetch(path, request)
    if (!answer.ok) throw await failure(answer)
    return (await answer.json()) as T
  }

  const get = <T>(path: string, signal?: AbortSignal) => call<T>('GET', path, { signal })

  /** The first `limit` bytes at an address, without reading the rest; `whole` tells whether that was all. */
  async function head(path: string, limit: number, signal?: AbortSignal): Promise<{ bytes: Uint8Array; whole: boolean }> {
    const answer = await fetch(path, { signal: signal ?? null })
    if (!answer.ok) throw await failure(answer)
    return readUpTo(answer.body, limit)
  }

  return {
    info: () => get<Info>('/v1/info'),
    settings: async () => (await get<{ settings: Setting[] }>('/v1/settings')).settings,
    inboxes: async () => (await get<{ inboxes: Inbox[] }>('/v1/inboxes')).inboxes,
    messages: (params: { inbox?: string | null; q?: string | null | undefined; limit?: number; cursor?: string | null; order?: Order; sort?: SortedBy | undefined }, signal?: AbortSignal) =>
      get<MessagePage>(`/v1/messages${query(params)}`, signal),
    message: (m: string, signal?: AbortSignal) => get<Message>(`/v1/messages/${id(m)}`, signal),
    patch: (m: string, change: Change) => call<Summary>('PATCH', `/v1/messages/${id(m)}`, { body: change }),
    /** Changes several; each is told by the feed. */
    change: async (ids: readonly string[], change: Change): Promise<void> => {
      for (const some of byHundreds(ids)) await call('PATCH', some, { body: change })
    },
    /** Deletes several. With `leaving`, the calls outlive the page, so none may wait for another. */
    remove: async (ids: readonly string[], leaving = false): Promise<void> => {
      const calls = byHundreds(ids)
      if (leaving) await Promise.all(calls.map((some) => call('DELETE', some, { leaving })))
      else for (const some of calls) await call('DELETE', some)
    },
    /** Sends a message into the sandbox; its id is `null` when the server does not tell. */
    send: async (from: string, to: readonly string[], raw: Uint8Array): Promise<{ id: string | null }> => {
      const answer = await fetch(`/v1/send${query({ from, to: to.join(',') })}`, { method: 'POST', body: raw as Uint8Array<ArrayBuffer>, headers: { 'content-type': 'message/rfc822' } })
      if (!answer.ok) throw await failure(answer)
      return (await answer.json()) as { id: string | null }
    },
    /** The fields of the query language. */
    fields: async () => (await get<{ fields: Field[] }>('/v1/search/fields')).fields,
    /** Values of a field that begin so, from the newest messages. */
    values: async (field: string, prefix: string, signal?: AbortSignal) =>
      (await get<{ values: string[] }>(`/v1/search/values${query({ field, prefix })}`, signal)).values,
    clear: (inbox: string | null) => call<{ deleted: number }>('DELETE', `/v1/messages${query({ inbox })}`),
    messageTranscript: (m: string, signal?: AbortSignal) => get<Transcript>(`/v1/messages/${id(m)}/transcript`, signal),
    sessions: (params: { limit?: number; cursor?: string | null }, signal?: AbortSignal) =>
      get<SessionPage>(`/v1/sessions${query(params)}`, signal),
    session: (s: string, signal?: AbortSignal) => get<Session>(`/v1/sessions/${id(s)}`, signal),
    sessionTranscript: (s: string, signal?: AbortSignal) => get<Transcript>(url.transcript(s), signal),

    text: async (path: string, signal?: AbortSignal): Promise<string> => {
      const answer = await fetch(path, { signal: signal ?? null })
      if (!answer.ok) throw await failure(answer)
      return answer.text()
    },

    /** All that is attached, its bytes too. */
    files: (m: Message): Promise<File[]> =>
      Promise.all(m.attachments.map(async (a) => ({ name: a.filename ?? `part-${a.path}`, type: a.type, cid: a.cid, bytes: (await head(url.part(m.id, a.path), a.size + 1)).bytes }))),

    head,
  }
}

export type Api = ReturnType<typeof createApi>
export const api = createApi()

async function readUpTo(body: ReadableStream<Uint8Array> | null, limit: number) {
  const bytes = new Uint8Array(limit)
  let length = 0
  const reader = body?.getReader()
  while (reader) {
    const { done, value } = await reader.read()
    if (done) break
    const fits = value.subarray(0, limit - length)
    bytes.set(fits, length)
    length += fits.length
    if (fits.length < value.length) {
      // The rest is not wanted: let the server stop sending.
      void reader.cancel()
      return { bytes, whole: false }
    }
  }
  return { bytes: bytes.subarray(0, length), whole: true }
}
