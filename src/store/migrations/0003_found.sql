-- What a search asks of a message that may change (store/find.rs); the rest is in the index's own
-- file. New mail is unread and has no tags, so these cost nothing for it.
CREATE INDEX messages_read ON messages(seq) WHERE read = 1;
CREATE INDEX messages_tagged ON messages(seq, tags) WHERE tags <> '[]';
