// What the address bar means. The server answers the page for each of these paths.
import { sortOf, type Sort } from './sort'

export type Route =
  | ({ page: 'messages'; id: string | null; tab: string | null } & Shown)
  | { page: 'sessions'; id: string | null }
  | { page: 'compare'; a: string; b: string; tab: string | null }
  | { page: 'unknown' }

export interface Place {
  pathname: string
  search: string
  hash: string
}

export function parseRoute(place: Place): Route {
  const [first = '', id = '', ...rest] = place.pathname.split('/').filter((s) => s !== '').map(decode)
  const params = new URLSearchParams(place.search)
  const shown = { inbox: params.get('inbox'), q: params.get('q'), sort: sortOf(params.get('sort')) }
  const tab = place.hash.length > 1 ? decode(place.hash.slice(1)) : null
  if (first === 'c' && id !== '' && rest.length === 1 && rest[0]) return { page: 'compare', a: id, b: rest[0], tab }
  if (rest.length > 0) return { page: 'unknown' }
  if (first === '') return { page: 'messages', ...shown, id: null, tab: null }
  if (first === 'm' && id !== '') return { page: 'messages', ...shown, id, tab }
  if (first === 's') return { page: 'sessions', id: id === '' ? null : id }
  return { page: 'unknown' }
}

/** What the list shows: an inbox or all, what a search finds there, and in which order; `null` is the reader's own. */
export interface Shown {
  inbox: string | null
  q: string | null
  sort: Sort | null
}

const ALL: Shown = { inbox: null, q: null, sort: null }

function shownQuery({ inbox, q, sort }: Shown): string {
  const set = Object.entries({ inbox, q, sort }).filter((pair): pair is [string, string] => pair[1] !== null)
  return set.length === 0 ? '' : `?${new URLSearchParams(set).toString()}`
}

export const to = {
  messages: (shown: Shown = ALL) => `/${shownQuery(shown)}`,
  message: (id: string, shown: Shown = ALL, tab: string | null = null) =>
    `/m/${encodeURIComponent(id)}${shownQuery(shown)}${tab === null ? '' : `#${encodeURIComponent(tab)}`}`,
  compare: (a: string, b: string, tab: string | null = null) => `/c/${encodeURIComponent(a)}/${encodeURIComponent(b)}${tab === null ? '' : `#${encodeURIComponent(tab)}`}`,
  sessions: () => '/s',
  session: (id: string) => `/s/${encodeURIComponent(id)}`,
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}
