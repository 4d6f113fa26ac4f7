// HTML source in coloured pieces. Total: whatever the text is, the pieces together are the text.

export type Kind = 'text' | 'tag' | 'name' | 'value' | 'comment' | 'entity'
export interface Token {
  kind: Kind
  text: string
}

const OUTSIDE = /<!--[^]*?(?:-->|$)|<![^>]*>?|<\/?[a-zA-Z][^\s<>/]*|&(?:#\d+|#x[\da-f]+|\w+);/gi
const INSIDE = /"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s"'<>/=]+|\/?>/g

export function highlight(html: string): Token[] {
  const tokens: Token[] = []
  const put = (kind: Kind, text: string) => {
    if (text !== '') tokens.push({ kind, text })
  }
  let at = 0
  for (;;) {
    OUTSIDE.lastIndex = at
    const match = OUTSIDE.exec(html)
    put('text', html.slice(at, match?.index ?? html.length))
    if (!match) return tokens
    const [found] = match
    at = match.index + found.length
    if (found.startsWith('<!')) put('comment', found)
    else if (found.startsWith('&')) put('entity', found)
    else {
      put('tag', found)
      at = attributes(html, at, put)
    }
  }
}

function attributes(html: string, start: number, put: (kind: Kind, text: string) => void): number {
  let at = start
  let wants = false
  for (;;) {
    INSIDE.lastIndex = at
    const match = INSIDE.exec(html)
    if (!match || html.slice(at, match.index).includes('<')) {
      // A tag that never ends, as at the cut of a long source.
      const end = match ? html.indexOf('<', at) : html.length
      put('text', html.slice(at, end))
      return end
    }
    const gap = html.slice(at, match.index)
    put('text', gap)
    at = match.index + match[0].length
    if (match[0].endsWith('>')) {
      put('tag', match[0])
      return at
    }
    wants = gap.includes('=')
    put(wants || /^["']/.test(match[0]) ? 'value' : 'name', match[0])
  }
}
