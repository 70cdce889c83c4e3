-- A tree is an embedded directory, by its name.
CREATE TABLE trees (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

-- One number for an attribute of a tree, so that an index row is short.
CREATE TABLE kinds (
  id        INTEGER PRIMARY KEY,
  tree      INTEGER NOT NULL REFERENCES trees (id),
  attribute TEXT NOT NULL,
  UNIQUE (tree, attribute)
) STRICT;

-- AUTOINCREMENT: an id is never used again. Names are octets here, for length() of a text ends at a NUL.
CREATE TABLE entries (
  id      INTEGER PRIMARY KEY AUTOINCREMENT,
  tree    INTEGER NOT NULL REFERENCES trees (id),
  above   INTEGER REFERENCES entries (id),
  version INTEGER NOT NULL,
  path    BLOB NOT NULL,
  name    BLOB NOT NULL,
  body    BLOB NOT NULL,
  UNIQUE (tree, path)
) STRICT;
CREATE INDEX entries_by_above ON entries (above);

CREATE TABLE indexed (
  kind  INTEGER NOT NULL,
  value BLOB NOT NULL,
  entry INTEGER NOT NULL REFERENCES entries (id) ON DELETE CASCADE,
  PRIMARY KEY (kind, value, entry)
) STRICT, WITHOUT ROWID;
CREATE INDEX indexed_by_entry ON indexed (entry);

-- When: microseconds since 1970.
CREATE TABLE settings (
  name  TEXT PRIMARY KEY,
  value TEXT NOT NULL,
  at    INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
