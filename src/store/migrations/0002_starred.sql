-- What is starred is kept whatever the bounds say (retention.rs). Costs nothing for other messages.
CREATE INDEX messages_starred ON messages(seq) WHERE starred = 1;
