// What the address bar means. The server answers the page for each of these paths.

export type Route =
  | { page: 'messages'; inbox: string | null; id: string | null; tab: string | null }
  | { page: 'sessions'; id: string | null }
  | { page: 'unknown' }

export interface Place {
  pathname: string
  search: string
  hash: string
}

export function parseRoute(place: Place): Route {
  const [first = '', id = '', ...rest] = place.pathname.split('/').filter((s) => s !== '').map(decode)
  const inbox = new URLSearchParams(place.search).get('inbox')
  const tab = place.hash.length > 1 ? decode(place.hash.slice(1)) : null
  if (rest.length > 0) return { page: 'unknown' }
  if (first === '') return { page: 'messages', inbox, id: null, tab: null }
  if (first === 'm' && id !== '') return { page: 'messages', inbox, id, tab }
  if (first === 's') return { page: 'sessions', id: id === '' ? null : id }
  return { page: 'unknown' }
}

const inboxQuery = (inbox: string | null) => (inbox === null ? '' : `?inbox=${encodeURIComponent(inbox)}`)

export const to = {
  messages: (inbox: string | null = null) => `/${inboxQuery(inbox)}`,
  message: (id: string, inbox: string | null = null, tab: string | null = null) =>
    `/m/${encodeURIComponent(id)}${inboxQuery(inbox)}${tab === null ? '' : `#${encodeURIComponent(tab)}`}`,
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
