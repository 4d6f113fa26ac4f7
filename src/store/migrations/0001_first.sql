-- Every change has a number, in one order for the whole store. That a message was added and a
-- session opened is told by their own rows, every other change by one here; old ones go (apply.rs).
CREATE TABLE events(
  seq     INTEGER PRIMARY KEY,
  kind    INTEGER NOT NULL,          -- feed.rs: Kind
  subject TEXT,                      -- the id of a message or session
  inbox   INTEGER,                   -- inboxes.n; NULL for sessions and for all inboxes
  bound   INTEGER                    -- messages.cleared: messages with a smaller seq are gone
);

CREATE TABLE inboxes(
  n        INTEGER PRIMARY KEY,
  name     TEXT NOT NULL UNIQUE,
  messages INTEGER NOT NULL DEFAULT 0,
  unread   INTEGER NOT NULL DEFAULT 0
);

-- What a list shows. The bytes are apart, so that reading a list touches few pages.
CREATE TABLE messages(
  seq         INTEGER PRIMARY KEY,   -- of its message.added
  id          TEXT NOT NULL UNIQUE,
  inbox       INTEGER NOT NULL,
  session     TEXT NOT NULL,         -- sessions.id; the session may be dropped before the message
  received_at INTEGER NOT NULL,      -- milliseconds since 1970, UTC
  size        INTEGER NOT NULL,      -- bytes as sent
  stored      INTEGER NOT NULL,      -- bytes that deleting it sets free
  read        INTEGER NOT NULL DEFAULT 0,
  starred     INTEGER NOT NULL DEFAULT 0,
  via         TEXT NOT NULL,
  tags        TEXT NOT NULL DEFAULT '[]',
  envelope    TEXT NOT NULL,         -- JSON: from, to, params
  digest      TEXT NOT NULL          -- JSON derived from the bytes: message::Digest
);
CREATE INDEX messages_by_inbox ON messages(inbox, seq);

CREATE TABLE raws(
  seq   INTEGER PRIMARY KEY,         -- messages.seq
  bytes BLOB NOT NULL                -- zstd
);

CREATE TABLE sessions(
  seq       INTEGER PRIMARY KEY,     -- of its session.opened
  id        TEXT NOT NULL UNIQUE,
  opened_at INTEGER NOT NULL,
  closed_at INTEGER,                 -- NULL while it is open
  bytes     INTEGER NOT NULL DEFAULT 0, -- of its transcript, once it is closed
  tail      BLOB,                    -- the transcript after the last part, as in transcripts
  info      TEXT NOT NULL            -- JSON: rows.rs, SessionInfo
);

-- Small rows, read together and in order: they lie in the index itself.
CREATE TABLE transcripts(
  session INTEGER NOT NULL,          -- sessions.seq
  part    INTEGER NOT NULL,          -- 1, 2, 3 ...
  message TEXT,                      -- messages.id, when this part ends with the bytes of that message
  entries BLOB NOT NULL,             -- JSON entries joined by commas, or zstd of that
  PRIMARY KEY (session, part)
) WITHOUT ROWID;

CREATE TABLE totals(name TEXT PRIMARY KEY, n INTEGER NOT NULL) WITHOUT ROWID;
INSERT INTO totals VALUES ('dropped_messages', 0), ('dropped_sessions', 0), ('events_from', 1);

CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
