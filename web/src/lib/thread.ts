// The conversation that a message is part of, as a query: what its first message started (RFC 5322, section 3.6.4).
import type { Message } from './wire'

const IDS = /<([^<>\s]+)>/g

/** Message-IDs in a header field, without their brackets. */
function ids(message: Pick<Message, 'headers'>, name: string): string[] {
  return message.headers.filter((h) => h.name.toLowerCase() === name).flatMap((h) => [...h.value.matchAll(IDS)].map((m) => m[1] ?? ''))
}

/** `null` when nothing tells it apart. */
export function conversation(message: Pick<Message, 'headers' | 'message_id'>): string | null {
  const first = ids(message, 'references')[0] ?? ids(message, 'in-reply-to')[0] ?? message.message_id
  if (!first) return null
  const value = `"${first.replace(/["\\]/g, '\\$&')}"`
  return ['message-id', 'references', 'in-reply-to'].map((name) => `header.${name}:${value}`).join(' OR ')
}
