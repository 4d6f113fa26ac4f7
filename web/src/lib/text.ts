// Bytes as text, and links inside text.

/** Text of bytes in a named charset; bytes that are not what they should be become visible marks. */
export function decode(bytes: Uint8Array, charset: string | null): string {
  return decoder(charset).decode(bytes)
}

function decoder(charset: string | null): TextDecoder {
  try {
    return new TextDecoder(charset ?? 'utf-8', { ignoreBOM: true })
  } catch {
    return new TextDecoder('utf-8', { ignoreBOM: true })
  }
}

/** Raw message bytes: UTF-8 where they are, else one sign a byte, so that nothing is lost from view. */
export function decodeRaw(bytes: Uint8Array): string {
  try {
    // A cut may fall inside a character: stream mode does not call that an error.
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes, { stream: true })
  } catch {
    return new TextDecoder('windows-1252').decode(bytes)
  }
}

export interface Piece {
  text: string
  href: string | null
}

const URLS = /\bhttps?:\/\/[^\s<>"'`]+/g
const TRAILING = /[.,;:!?)\]}]+$/

/** Cuts text at its http(s) addresses. Punctuation after one, or a bracket around it, is not part of it. */
export function linkify(text: string): Piece[] {
  const pieces: Piece[] = []
  let at = 0
  for (const match of text.matchAll(URLS)) {
    let href = match[0]
    const tail = TRAILING.exec(href)?.[0] ?? ''
    if (tail && !(tail.startsWith(')') && href.includes('('))) href = href.slice(0, -tail.length)
    if (match.index > at) pieces.push({ text: text.slice(at, match.index), href: null })
    pieces.push({ text: href, href })
    at = match.index + href.length
  }
  if (at < text.length) pieces.push({ text: text.slice(at), href: null })
  return pieces
}
