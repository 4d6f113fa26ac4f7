-- Inboxes that were made (store/made.rs), also without mail. NULL for those that are there because of
-- their mail.
ALTER TABLE inboxes ADD COLUMN made_at INTEGER;
ALTER TABLE inboxes ADD COLUMN expires_at INTEGER;
-- Their passwords are made from it.
INSERT INTO meta VALUES ('inbox_key', hex(randomblob(32)));
