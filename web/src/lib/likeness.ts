// A likeness of a mail's HTML that the page can measure. The real frame has an origin of its own, so
// nothing of it can be read; this one is put together element by element in a frame that runs no
// scripts, from what a parser without a browsing context read. What could load, run or lead
// elsewhere is left out, and the page's own policy, which the frame inherits, lets nothing else in.

import { highlight } from './highlight'
import { UNSEEN } from './measures'

/** Where the likeness finds styles: under their own names the policy would complain of each. */
const INLINE = 'data-inline-style'
const SHEET = 'data-style-sheet'

/** The same HTML with its styles out of the parser's sight. Names only: one that is missed is told in the console, and not applied. */
export function veil(html: string): string {
  const renamed = highlight(html).map(({ kind, text }) => {
    if (kind === 'name' && /^style$/i.test(text)) return INLINE
    if (kind !== 'tag') return text
    // Another element with text that is not parsed.
    return text.replace(/^<style$/i, `<noframes ${SHEET}`).replace(/^<\/style$/i, '</noframes')
  })
  return renamed.join('')
}

const styleOf = (element: Element) => element.getAttribute(INLINE) ?? element.getAttribute('style')

const LEFT_OUT = new Set([
  'script', 'style', 'noframes', 'link', 'meta', 'base', 'title', 'iframe', 'frame', 'frameset', 'object', 'embed', 'applet', 'portal', 'template',
  'animate', 'animatemotion', 'animatetransform', 'set', 'use', 'foreignobject', 'audio', 'video', 'source', 'track', 'dialog',
])
const NO_ATTRIBUTE = /^(?:on|style$|data-inline-style$|is$|autofocus$|action$|formaction$|target$|ping$|srcdoc$|srcset$|xlink:|xmlns|contenteditable$|tabindex$|accesskey$|popover|command)/i
const ADDRESSES = new Set(['src', 'background', 'poster', 'data', 'cite', 'longdesc', 'usemap', 'lowsrc', 'dynsrc', 'manifest', 'codebase', 'classid'])

/** Addresses that load from our own server or from nowhere. */
const near = (address: string) => /^\s*(?:data:image\/|\/v1\/messages\/)/i.test(address)

export interface Original {
  tag: string
  id: string
  classes: string
  /** The declarations of its `style`, as they were written. */
  style: string[]
  attributes: [string, string][]
}

export interface Likeness {
  elements: Map<Element, Original>
}

const SHOWN = ['width', 'height', 'align', 'valign', 'bgcolor', 'cellpadding', 'cellspacing', 'border', 'colspan', 'rowspan', 'role', 'dir', 'lang', 'href', 'src', 'alt']

function original(from: Element): Original {
  const style = (styleOf(from) ?? '').split(/;(?![^(]*\))/).map((d) => d.trim()).filter((d) => d !== '')
  const attributes = SHOWN.flatMap((name): [string, string][] => (from.hasAttribute(name) ? [[name, from.getAttribute(name) ?? '']] : []))
  return { tag: from.localName, id: from.id, classes: from.getAttribute('class') ?? '', style, attributes }
}

function dress(from: Element, to: Element): void {
  for (const { name, value } of from.attributes) {
    if (NO_ATTRIBUTE.test(name)) continue
    if (ADDRESSES.has(name.toLowerCase()) && !near(value)) continue
    try {
      // A link looks like one and leads nowhere.
      to.setAttribute(name, name.toLowerCase() === 'href' ? '#' : value)
    } catch {
      // A name that only a parser can make.
    }
  }
  const style = styleOf(from)
  // Through the object model: the policy forbids the attribute.
  if (style !== null && 'style' in to) (to as HTMLElement).style.cssText = style
}

/** Puts the likeness of some HTML into the document of a frame; what was there goes. */
export function draw(html: string, into: Document): Likeness {
  const from = new DOMParser().parseFromString(veil(html), 'text/html')
  const elements = new Map<Element, Original>()
  const sheets: CSSStyleSheet[] = []
  const Sheet = (into.defaultView as (Window & typeof globalThis) | null)?.CSSStyleSheet
  for (const style of Sheet ? from.querySelectorAll(`noframes[${SHEET}]`) : []) {
    const sheet = new Sheet!({ media: style.getAttribute('media') ?? '' })
    sheet.replaceSync(style.textContent)
    sheets.push(sheet)
  }
  into.adoptedStyleSheets = sheets
  into.body.replaceChildren()
  for (const [a, b] of [[from.documentElement, into.documentElement], [from.body, into.body]] as const) {
    for (const name of b.getAttributeNames()) b.removeAttribute(name)
    dress(a, b)
    elements.set(b, original(a))
  }
  const left: [Node, Element][] = [...from.body.childNodes].reverse().map((node) => [node, into.body])
  for (let next = left.pop(); next; next = left.pop()) {
    const [node, parent] = next
    if (node.nodeType === Node.TEXT_NODE) parent.append(into.createTextNode(node.textContent ?? ''))
    if (node.nodeType !== Node.ELEMENT_NODE) continue
    const source = node as Element
    if (LEFT_OUT.has(source.localName.toLowerCase())) continue
    const copy = into.createElementNS(source.namespaceURI, source.localName)
    dress(source, copy)
    elements.set(copy, original(source))
    parent.append(copy)
    for (const child of [...source.childNodes].reverse()) left.push([child, copy])
  }
  return { elements }
}

/** `td#x.a.b`, as a style sheet would call it. */
export function selector({ tag, id, classes }: Original): string {
  return tag + (id && `#${id}`) + classes.trim().split(/\s+/).filter((c) => c !== '').map((c) => `.${c}`).join('')
}

/** The pieces that a reader sees, in order: elements that hold text themselves, and pictures. */
export function pieces({ elements }: Likeness): { element: Element; text: string }[] {
  const found: { element: Element; text: string }[] = []
  for (const [element, { tag, attributes, style }] of elements) {
    const own = [...element.childNodes].filter((n) => n.nodeType === Node.TEXT_NODE).map((n) => n.textContent ?? '').join(' ').replace(/\s+/g, ' ').trim()
    const address = attributes.filter(([name]) => name === 'href' || name === 'src' || name === 'alt').map((pair) => pair[1].replace(/\/v1\/messages\/[^/]+/, '')).join(' ')
    if (own !== '' || tag === 'img') found.push({ element, text: `${tag} ${own} ${address} ${style.join(';')}` })
  }
  return found
}

/** How tall some HTML is at a width, as far as its likeness tells. */
export function heightOf(html: string, width: number): number {
  const frame = document.createElement('iframe')
  frame.setAttribute('sandbox', 'allow-same-origin')
  frame.style.cssText = `position: fixed; visibility: hidden; width: ${width}px; height: ${UNSEEN}px; border: 0`
  document.body.append(frame)
  const doc = frame.contentDocument
  if (doc) draw(html, doc)
  const height = doc ? Math.max(doc.documentElement.offsetHeight, doc.body.scrollHeight) : 0
  frame.remove()
  return height
}
