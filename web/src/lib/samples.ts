// Values for the tests: a message, a session, events.
import type { MailEvent, Message, Part, Session, Summary } from './wire'

export function summary(n: number, more: Partial<Summary> = {}): Summary {
  return {
    id: `m${String(n).padStart(6, '0')}`,
    seq: n,
    inbox: 'default',
    received_at: '2026-11-22T21:00:00.123Z',
    from: [{ name: 'Ann', address: 'ann@example.com' }],
    to: [{ name: '', address: 'bob@example.com' }],
    cc: [],
    subject: `Mail ${n}`,
    snippet: '',
    size: 100,
    attachments: 0,
    read: false,
    starred: false,
    tags: [],
    envelope: { from: 'ann@example.com', to: ['bob@example.com'] },
    session_id: 's1',
    via: 'smtp',
    defects: 0,
    ...more,
  }
}

export function session(n: number, more: Partial<Session> = {}): Session {
  return {
    id: `s${n}`,
    seq: n,
    opened_at: '2026-11-22T21:00:00.000Z',
    closed_at: null,
    outcome: 'open',
    client: '127.0.0.1:4000',
    via: 'smtp',
    helo: null,
    esmtp: false,
    user: null,
    auth: null,
    tls: null,
    messages: 0,
    notices: 0,
    commands: 0,
    bytes: 0,
    ...more,
  }
}

export function part(path: string, type: string, children: Part[] = []): Part {
  return {
    path,
    type,
    charset: null,
    encoding: null,
    disposition: null,
    filename: null,
    cid: null,
    size: 10,
    sha256: null,
    header_range: [0, 1],
    range: [1, 11],
    headers: [],
    children,
  }
}

export function message(more: Partial<Message> = {}): Message {
  return {
    ...summary(1),
    reply_to: [],
    bcc: [],
    date: null,
    message_id: null,
    headers: [],
    text: 'Hello',
    html: null,
    parts: [part('1', 'text/plain')],
    attachments: [],
    links: [],
    codes: [],
    defects: [],
    envelope: { from: 'ann@example.com', to: ['bob@example.com'], params: { from: [], to: [[]] } },
    session: session(1),
    ...more,
  }
}

export const added = (n: number, more: Partial<Summary> = {}): MailEvent => ({
  type: 'message.added',
  seq: n,
  message: summary(n, more),
})

export const deleted = (seq: number, n: number, inbox = 'default'): MailEvent => ({
  type: 'message.deleted',
  seq,
  id: summary(n).id,
  inbox,
})

/** Lets promises that are already settled run their continuations. */
export async function settle(): Promise<void> {
  for (let i = 0; i < 20; i += 1) await Promise.resolve()
}
