// HTML as text, for a reader who wants no styling. Works on the tokens of the source: a document that is
// parsed in the page would meet the page's own policy at every inline style. It takes long for a large
// mail, so the worker does it; what entities mean only the page can tell it, which has a parser.
import { highlight } from './highlight'

const BLOCK = /^(?:address|article|blockquote|br|dd|div|dl|dt|footer|h[1-6]|header|hr|li|main|ol|p|pre|section|table|tr|ul)$/
const HIDDEN = /^(?:head|script|style|template|title)$/

const ENTITY = /&(?:#\d+|#x[\da-f]+|\w+);?/gi
/** Different ones that are shown as what they mean; no honest mail has so many. */
const MEANT = 10_000

/** The entities in a source, each once. */
export function entities(html: string): string[] {
  const found = new Set<string>()
  for (const [entity] of html.matchAll(ENTITY)) if (found.add(entity).size >= MEANT) break
  return [...found]
}

export function plain(html: string, meanings: ReadonlyMap<string, string> = new Map()): string {
  const meant = (text: string) => text.replace(ENTITY, (entity) => meanings.get(entity) ?? entity)
  const out: string[] = []
  let tag = ''
  let attribute = ''
  let hidden: string | null = null
  let href: string | null = null
  for (const { kind, text } of highlight(html)) {
    if (kind === 'tag' && text.startsWith('<')) {
      tag = text.slice(1).toLowerCase()
      const name = tag.replace('/', '')
      if (hidden === null && HIDDEN.test(tag)) hidden = tag
      else if (hidden !== null && tag === `/${hidden}`) hidden = null
      if (BLOCK.test(name)) out.push('\n')
      if (tag === '/a' && href !== null) {
        out.push(` <${href}>`)
        href = null
      }
    } else if (kind === 'tag') tag = ''
    else if (kind === 'name') attribute = text.toLowerCase()
    else if (hidden !== null || kind === 'comment') continue
    else if (kind === 'value') {
      const value = meant(text.replace(/^["']|["']$/g, ''))
      if (tag === 'img' && attribute === 'alt') out.push(value)
      if (tag === 'a' && attribute === 'href' && /^https?:/.test(value)) href = value
    } else if (tag === '') out.push(meant(text).replace(/\s+/g, ' '))
  }
  return out.join('').replace(/ *\n */g, '\n').replace(/\n{3,}/g, '\n\n').trim()
}

/** What entities mean to the browser. A name has no tag in it, so nothing but the text is made of it. */
export function meanings(entities: readonly string[]): Map<string, string> {
  const { children } = new DOMParser().parseFromString(entities.map((entity) => `<b>${entity}</b>`).join(''), 'text/html').body
  return new Map(entities.map((entity, i) => [entity, children[i]?.textContent ?? entity]))
}
