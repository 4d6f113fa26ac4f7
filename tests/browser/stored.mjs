// A list that is longer than a test would fill: what the server would answer, with all else the real one's.

/** Answers lists of so many messages, of which so many are counted (docs/api.md). */
export function stored(page, many, counted = many) {
  const summary = (n) => ({
    id: `m${n}`, seq: n, inbox: 'default', received_at: new Date(1_790_000_000_000 + n * 1000).toISOString(), from: [{ name: '', address: 'app@example.com' }],
    to: [{ name: '', address: 'ann@example.com' }], cc: [], subject: `Mail ${n}`, snippet: '', size: 500, attachments: 0, read: true, starred: false, tags: [],
    envelope: { from: 'app@example.com', to: ['ann@example.com'] }, session_id: 's1', via: 'smtp', defects: 0,
  })
  return page.route(/\/v1\/messages(\?|$)/, async (route) => {
    const url = new URL(route.request().url())
    const asked = url.searchParams
    const [from, limit] = [Number(asked.get('cursor') ?? 0), Number(asked.get('limit'))]
    const count = Math.min(limit, many - from)
    // Newest first, message `many` is row 1.
    const messages = Array.from({ length: count }, (_, i) => summary(asked.get('order') === 'oldest' ? from + i + 1 : many - from - i))
    const next = from + count < many ? String(from + count) : null
    // The real place in the feed: from another one old events would be told as new.
    const { cursor } = await (await route.fetch({ url: new URL('/v1/messages?limit=1', url).href })).json()
    return route.fulfill({ json: { messages, next, total: Math.min(many, counted), unread: 0, total_is_lower_bound: counted < many, cursor } })
  })
}
