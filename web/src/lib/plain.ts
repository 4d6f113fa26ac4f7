// HTML as text, for a reader who wants no styling. Works on the tokens of the source: a document that is
// parsed in the page would meet the page's own policy at every inline style.
import { highlight } from './highlight'

const BLOCK = /^(?:address|article|blockquote|br|dd|div|dl|dt|footer|h[1-6]|header|hr|li|main|ol|p|pre|section|table|tr|ul)$/
const HIDDEN = /^(?:head|script|style|template|title)$/

/** `entities` turns `&amp;` and the like into characters. */
export function plain(html: string, entities: (text: string) => string = (text) => text): string {
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
      const value = entities(text.replace(/^["']|["']$/g, ''))
      if (tag === 'img' && attribute === 'alt') out.push(value)
      if (tag === 'a' && attribute === 'href' && /^https?:/.test(value)) href = value
    } else if (tag === '') out.push(entities(text).replace(/\s+/g, ' '))
  }
  return out.join('').replace(/ *\n */g, '\n').replace(/\n{3,}/g, '\n\n').trim()
}

/** Entities as the browser knows them. Text without a tag in it makes no element. */
export function decodeEntities(text: string): string {
  return text.includes('&') ? (new DOMParser().parseFromString(text.replaceAll('<', '&lt;'), 'text/html').body.textContent ?? text) : text
}
