-- What is promised to somebody until then, before it stands in a directory. The value itself is not here, only its hash.
CREATE TABLE reservations (
  directory  BLOB NOT NULL,
  kind       BLOB NOT NULL,
  value      BLOB NOT NULL,
  holder     BLOB NOT NULL,
  held_until INTEGER NOT NULL,
  PRIMARY KEY (directory, kind, value)
) STRICT, WITHOUT ROWID;
CREATE INDEX reservations_by_end ON reservations (held_until);

-- A value as it was written, where it is kept apart from its entry's body: a body would else be written anew as a whole with each of very many.
ALTER TABLE indexed ADD COLUMN written BLOB;
