-- Long files that came with messages, cut out of their bytes as they were sent (store/share.rs): each
-- is kept once, as long as a message has it.
CREATE TABLE blobs(
  n      INTEGER PRIMARY KEY,
  hash   BLOB NOT NULL UNIQUE,       -- SHA-256 of the bytes
  length INTEGER NOT NULL,
  bytes  BLOB NOT NULL               -- zstd
);
CREATE TABLE pieces(
  message INTEGER NOT NULL,          -- messages.seq
  at      INTEGER NOT NULL,          -- where in its bytes
  blob    INTEGER NOT NULL,          -- blobs.n
  PRIMARY KEY (message, at)
) WITHOUT ROWID;
CREATE INDEX pieces_of_blob ON pieces(blob);
