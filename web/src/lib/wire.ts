// The shapes that travel between the server and this page, exactly as docs/api.md gives them.
// Nothing here is derived; what the page works out for itself lives with its idea.

export interface Address {
  name: string
  address: string
  group?: string
}

export interface Summary {
  id: string
  seq: number
  inbox: string
  received_at: string
  from: Address[]
  to: Address[]
  cc: Address[]
  subject: string
  snippet: string
  size: number
  attachments: number
  read: boolean
  starred: boolean
  tags: string[]
  envelope: { from: string; to: string[] }
  session_id: string
  via: string
  defects: number
}

export interface Header {
  name: string
  value: string
  raw: string
}

export type Range = [number, number]

export interface Part {
  path: string
  type: string
  charset: string | null
  encoding: string | null
  disposition: string | null
  filename: string | null
  cid: string | null
  size: number
  sha256: string | null
  header_range: Range
  range: Range
  headers: Header[]
  children: Part[]
}

export interface Attachment {
  path: string
  type: string
  filename: string | null
  cid: string | null
  disposition: string | null
  inline: boolean
  size: number
  sha256: string
}

export interface Link {
  href: string
  text: string
  part: string
}

/** A likely one-time code. */
export interface Code {
  value: string
  context: string
  score: number
  certain: boolean
  part: string | null
}

export interface Defect {
  code: string
  message: string
  part: string | null
  range: Range
}

export interface Param {
  name: string
  value: string | null
}

export interface Envelope {
  from: string
  to: string[]
  params: { from: Param[]; to: Param[][] }
}

export type Outcome = 'open' | 'quit' | 'closed' | 'cut-off' | 'timeout' | 'refused' | 'shutdown' | 'tls-failed' | 'error'

export interface Tls {
  mode: 'starttls' | 'implicit'
  version: string | null
  cipher: string | null
  sni: string | null
  client_certificate: {
    subject: string
    issuer: string
    not_before: string
    not_after: string
    sha256: string
    trusted: boolean | null
  } | null
  error: string | null
}

export interface Session {
  id: string
  seq: number
  opened_at: string
  closed_at: string | null
  outcome: Outcome
  client: string
  via: string
  helo: string | null
  esmtp: boolean
  user: string | null
  auth: string | null
  tls: Tls | null
  messages: number
  notices: number
  commands: number
  bytes: number
  message_ids?: string[]
}

export interface Message extends Omit<Summary, 'attachments' | 'defects' | 'envelope'> {
  reply_to: Address[]
  bcc: Address[]
  date: string | null
  message_id: string | null
  headers: Header[]
  text: string | null
  html: string | null
  parts: Part[]
  attachments: Attachment[]
  links: Link[]
  codes: Code[]
  defects: Defect[]
  envelope: Envelope
  session: Session
}

export interface Notice {
  code: string
  message: string
  rfc: string
}

export interface Entry {
  at: number
  from: 'client' | 'server' | 'event'
  text: string
  notices?: Notice[]
  content?: { size: number; message_id: string | null }
}

export interface Transcript {
  session_id: string
  entries: Entry[]
  elided: number
}

export interface Inbox {
  name: string
  messages: number
  unread: number
  /** What only an inbox has that was made by a call. */
  made_at: string | null
  expires_at: string | null
  address: string | null
}

export interface StoreInfo {
  id: string
  path: string | null
  temporary: boolean
  state: 'ok' | 'full' | 'read_only' | 'locked' | 'corrupt' | 'failed'
  problem: string | null
  messages: number
  unread: number
  sessions: number
  bytes: number
  index_bytes: number
  max_bytes: number | null
  dropped: { messages: number; sessions: number }
}

/** How the store is. Not numbered: its `seq` is that of the last event before it. When the store cannot be read it has the state only. */
export interface InfoEvent {
  type: 'info'
  seq: number
  store: Pick<StoreInfo, 'state' | 'problem'> & Partial<StoreInfo>
}

export interface Info {
  version: string
  smtp: {
    address: string
    max_message_size: number
    starttls: boolean
    implicit_tls_address: string | null
    lmtp_address: string | null
    require_tls: boolean
    auth: { checked: boolean; required: boolean; needs_tls: boolean }
    connections?: number
    turned_away?: number
    bounds?: {
      max_connections: number
      max_connections_per_address: number
      max_command_line: number
      max_text_line: number
      max_message_size: number
      max_incoming_memory: number
      max_recipients: number
      max_session_messages: number
      max_errors: number
      command_timeout: number
      data_timeout: number
      session_timeout: number
      min_data_rate: number
    }
  }
  http: { address: string }
  store: StoreInfo
  seq: number
  started_at: string
}

/** A setting of the server, and who chose its value. */
export interface Setting {
  flag: string
  variable: string | null
  value: string | null
  default: string | null
  origin: 'flag' | 'environment' | 'default'
  secret: boolean
}

export interface MessagePage {
  messages: Summary[]
  next: string | null
  total: number
  unread: number
  total_is_lower_bound: boolean
  cursor: number
  /** Only in an order other than time. */
  sorted_newest?: number | null
}

export interface SessionPage {
  sessions: Session[]
  next: string | null
  total: number
  cursor: number
}

export interface Hello {
  type: 'hello'
  seq: number
  store: string
  resync: boolean
}

export type MailEvent =
  | { type: 'message.added' | 'message.updated'; seq: number; message: Summary }
  | { type: 'message.deleted'; seq: number; id: string; inbox: string }
  | { type: 'messages.cleared'; seq: number; inbox: string | null; before: number }
  | { type: 'inbox.added' | 'inbox.deleted'; seq: number; name: string }
  | { type: 'session.opened' | 'session.updated' | 'session.closed'; seq: number; session: Session }
