// What HTML would load from other servers if it were let. It only says how many addresses the bar with
// "Load it" tells of; that nothing is loaded unasked is the server's work (the policy of /html).
// It looks at tags only, and into few of them: a mail of megabytes is told at once.

const REMOTE = /^(?:https?:)?\/\//i
/** A comment, or a tag with its attributes. It always comes to an end, so that unclosed ones take no quadratic time. */
const PIECE = /<!--[^]*?(?:-->|$)|<([a-z][^\s<>/]*)((?:\s*=\s*(?:"[^"]*(?:"|$)|'[^']*(?:'|$)|[^\s<>"'][^\s<>]*)?|[^\s=<>]+|\s+)*)/gi
const ATTRIBUTE = /([^\s=<>/]+)\s*=\s*(?:"([^"]*)|'([^']*)|([^\s<>]+))/g
/** What the policy never lets load, asked or not. */
const NEVER = /^(?:script|i?frame|fencedframe|portal|embed|object)$/
/** Addresses of a style sheet. */
const IN_STYLE = /url\(\s*(?:"([^"]*)|'([^']*)|([^\s)"']+))|@import\s+(?:"([^"]*)|'([^']*))/gi
const SIGNS: Record<string, string> = { amp: '&', quot: '"', apos: "'" }

/** With the few entities that stand in addresses. */
const meant = (value: string) =>
  value
    .replace(/&(amp|quot|apos);/gi, (_, name: string) => SIGNS[name.toLowerCase()] ?? '')
    .replace(/&#(x?)([\da-f]{1,5});/gi, (_, hex: string, digits: string) => String.fromCodePoint(parseInt(digits, hex ? 16 : 10) || 32))
    .trim()

/** What stands in the first of the groups that has something. */
const told = (match: RegExpMatchArray, from: number) => match.slice(from).find((text) => text !== undefined) ?? ''

const inStyle = (css: string) => [...css.replace(/\/\*[^]*?(?:\*\/|$)/g, ' ').matchAll(IN_STYLE)].map((match) => told(match, 1).trim())

/** What an element would load. */
function loads(tag: string, written: string): string[] {
  if (NEVER.test(tag)) return []
  // Of two attributes of one name the first counts.
  const attributes = new Map([...written.matchAll(ATTRIBUTE)].reverse().map((match) => [match[1]?.toLowerCase(), told(match, 2)]))
  const of = (name: string) => meant(attributes.get(name) ?? '')
  const found = ['src', 'background', 'poster'].map(of)
  if (tag === 'link' && /\bstylesheet\b/i.test(of('rel'))) found.push(of('href'))
  if (tag === 'image' || tag === 'feimage') found.push(of('href'), of('xlink:href'))
  // An address in a list of them ends with a blank or at the comma before the next one.
  found.push(...of('srcset').split(/\s+|,(?=(?:https?:)?\/\/)/i).map((address) => address.replace(/,+$/, '')))
  return [...found, ...inStyle(of('style'))]
}

/** How many different addresses HTML would load from. */
export function countRemote(html: string): number {
  const found = new Set<string>()
  const take = (addresses: readonly string[]) => {
    for (const address of addresses) if (REMOTE.test(address)) found.add(address)
  }
  const known = new Set<string>()
  const pieces = new RegExp(PIECE)
  const sheetEnd = /<\/style|$/gi
  for (let match = pieces.exec(html); match; match = pieces.exec(html)) {
    const [, name = '', written = ''] = match
    const tag = name.toLowerCase()
    // Many are the same.
    if ((written.includes('//') || written.includes('&#')) && !known.has(name + written)) {
      known.add(name + written)
      take(loads(tag, written))
    }
    if (tag !== 'style') continue
    // In a style sheet all is text, what looks like a comment too.
    sheetEnd.lastIndex = pieces.lastIndex
    const end = sheetEnd.exec(html)?.index ?? html.length
    take(inStyle(html.slice(pieces.lastIndex, end)))
    pieces.lastIndex = end
  }
  return found.size
}
