// Which tabs a message has and which one opens first.
import type { Message, Part } from './wire'

export const TABS = ['html', 'text', 'source', 'headers', 'parts', 'attachments', 'links', 'raw', 'transcript', 'defects'] as const
export type Tab = (typeof TABS)[number]

export function tabsOf(message: Message): Tab[] {
  return TABS.filter((tab) => {
    if (tab === 'html' || tab === 'source') return message.html !== null
    if (tab === 'text') return message.text !== null
    if (tab === 'attachments') return message.attachments.length > 0
    if (tab === 'links') return message.links.length > 0
    if (tab === 'defects') return message.defects.length > 0
    return true
  })
}

/** The tab that was asked for if the message has it, else what a reader wants to see first. */
export function chooseTab(message: Message, asked: string | null): Tab {
  const tabs = tabsOf(message)
  const found = tabs.find((tab) => tab === asked)
  if (found) return found
  if (message.html !== null) return 'html'
  return message.text !== null ? 'text' : 'parts'
}

/** All parts in the order of the tree, each with its depth. */
export function flatten(parts: readonly Part[], depth = 0): { part: Part; depth: number }[] {
  return parts.flatMap((part) => [{ part, depth }, ...flatten(part.children, depth + 1)])
}

/** The part to show first: a picture or an attachment if there is nothing to read, else the first leaf. */
export function firstPart(message: Message): Part | null {
  const parts = flatten(message.parts).map((p) => p.part)
  const leaves = parts.filter((p) => p.children.length === 0)
  const attached = message.attachments.map((a) => a.path)
  const toRead = message.html !== null || message.text !== null
  const picture = leaves.find((p) => p.type.startsWith('image/')) ?? leaves.find((p) => attached.includes(p.path))
  return (toRead ? undefined : picture) ?? leaves[0] ?? parts[0] ?? null
}

export type Show = 'image' | 'html' | 'text' | 'binary' | 'multipart'

const TEXT_LIKE = /^(?:text\/|message\/|application\/(?:json|xml|javascript|pgp-|ics|x-sh|yaml|sql)|.*\+(?:json|xml|yaml)$)/
// What every browser draws; other images (TIFF, HEIC) are offered for download.
const DRAWN = /^image\/(?:png|jpe?g|pjpeg|gif|webp|avif|bmp|svg\+xml|x-icon|vnd\.microsoft\.icon)$/

/** How the content of a part can be shown. */
export function showAs(part: Pick<Part, 'type' | 'children'>): Show {
  const type = part.type.toLowerCase()
  if (type.startsWith('multipart/')) return 'multipart'
  if (DRAWN.test(type)) return 'image'
  if (type === 'text/html') return 'html'
  return TEXT_LIKE.test(type) ? 'text' : 'binary'
}
