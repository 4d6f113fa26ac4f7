// HTML source in coloured pieces. Total: whatever the text is, the pieces together are the text.

export type Kind = 'text' | 'tag' | 'name' | 'value' | 'comment' | 'entity'
export interface Token {
  kind: Kind
  text: string
}

const OUTSIDE = /<!--[^]*?(?:-->|$)|<![^>]*>?|<\/?[a-zA-Z][^\s<>/]*|&(?:#\d+|#x[\da-f]+|\w+);/gi
const INSIDE = /"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s"'<>/=]+|\/?>/g
const EQUALS = /\s*=\s*/y
/** Without quotes an address is whole, too. */
const VALUE = /"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s<>]+/y

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
  const next = (pattern: RegExp) => {
    pattern.lastIndex = at
    return pattern.exec(html)
  }
  for (;;) {
    const equals = next(EQUALS)
    if (equals) {
      put('text', equals[0])
      at += equals[0].length
      const value = next(VALUE)?.[0] ?? ''
      put('value', value)
      at += value.length
      if (value !== '') continue
    }
    const match = next(INSIDE)
    if (!match || html.slice(at, match.index).includes('<')) {
      // A tag that never ends, as at the cut of a long source.
      const end = match ? html.indexOf('<', at) : html.length
      put('text', html.slice(at, end))
      return end
    }
    put('text', html.slice(at, match.index))
    at = match.index + match[0].length
    if (match[0].endsWith('>')) {
      put('tag', match[0])
      return at
    }
    put(/^["']/.test(match[0]) ? 'value' : 'name', match[0])
  }
}
