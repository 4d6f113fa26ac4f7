// Where the envelope and the headers tell different stories: who got the message without being
// named in it (Bcc), who is named but was not sent to, and a return path that is not the author.
import type { Address, Message, Param } from './wire'

export interface Recipient {
  address: string
  params: Param[]
  /** `to`, `cc` or `bcc` when a header names it; `null` when only the envelope does. */
  named: 'to' | 'cc' | 'bcc' | null
}

export interface Comparison {
  from: { address: string; params: Param[]; differs: boolean }
  recipients: Recipient[]
  envelopeOnly: Recipient[]
  /** Named in To, Cc or Bcc, but no RCPT TO asked for it. */
  headerOnly: Set<string>
}

/** Addresses are compared as most servers do: without regard to case. */
export function key(address: string): string {
  return address.trim().toLowerCase()
}

type Named = Pick<Message, 'from' | 'to' | 'cc' | 'bcc' | 'envelope'>

export function compare(message: Named): Comparison {
  const { envelope } = message
  const has = (list: Address[], address: string) => list.some((a) => key(a.address) === key(address))
  const named = (address: string): Recipient['named'] => {
    if (has(message.to, address)) return 'to'
    if (has(message.cc, address)) return 'cc'
    return has(message.bcc, address) ? 'bcc' : null
  }
  const recipients = envelope.to.map((address, i) => ({ address, params: envelope.params.to[i] ?? [], named: named(address) }))
  const sentTo = new Set(envelope.to.map(key))
  const inHeaders = [...message.to, ...message.cc, ...message.bcc].map((a) => key(a.address))
  return {
    from: {
      address: envelope.from,
      params: envelope.params.from,
      differs: message.from.length > 0 && !has(message.from, envelope.from),
    },
    recipients,
    envelopeOnly: recipients.filter((r) => r.named === null),
    headerOnly: new Set(inHeaders.filter((address) => address !== '' && !sentTo.has(address))),
  }
}

export function param(p: Param): string {
  return p.value === null ? p.name : `${p.name}=${p.value}`
}
