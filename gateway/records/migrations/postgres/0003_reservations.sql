-- What is promised to somebody until then, before it stands in a directory. The value itself is not here, only its hash.
CREATE TABLE reservations (
  directory  bytea NOT NULL,
  kind       bytea NOT NULL,
  value      bytea NOT NULL,
  holder     bytea NOT NULL,
  held_until bigint NOT NULL,
  PRIMARY KEY (directory, kind, value)
);
CREATE INDEX reservations_by_end ON reservations (held_until);

-- A value as it was written, where it is kept apart from its entry's body: a body would else be written anew as a whole with each of very many.
ALTER TABLE indexed ADD COLUMN written bytea;
