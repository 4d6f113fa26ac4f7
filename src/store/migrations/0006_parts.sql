-- The parts of all transcripts in the order in which they were written: a commit that brings parts of
-- many sessions changes the last pages only, where a table in the order of the sessions changed one
-- for each (store/parts.rs).
CREATE TABLE parts(
  seq     INTEGER PRIMARY KEY,       -- messages.seq, where the part ends with that message's bytes
  session INTEGER NOT NULL,          -- sessions.seq
  part    INTEGER NOT NULL,          -- 1, 2, 3 ... in the session
  before  INTEGER,                   -- parts.seq of the one before it in the session
  entries BLOB NOT NULL              -- JSON entries joined by commas, or zstd of that
);
-- By these a place in a long transcript is found; a short one has none.
CREATE INDEX parts_each_64 ON parts(session, part) WHERE part % 64 = 0;

-- Numbers that were never given out are for those whose message is gone, or never was.
INSERT INTO parts
SELECT seq, session, part, lag(seq) OVER (PARTITION BY session ORDER BY part), entries
FROM (SELECT coalesce(m.seq, -row_number() OVER (ORDER BY t.session, t.part)) AS seq,
             t.session, t.part, t.entries
      FROM transcripts t LEFT JOIN messages m ON m.id = t.message)
ORDER BY seq;

ALTER TABLE sessions ADD COLUMN last INTEGER; -- parts.seq of its last part, once it is closed
UPDATE sessions SET last = l.seq
FROM (SELECT session, seq, max(part) FROM parts GROUP BY session) l WHERE l.session = sessions.seq;
DROP TABLE transcripts;
