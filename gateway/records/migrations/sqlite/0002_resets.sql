-- Everything of resets. When: microseconds since 1970. What is hashed, written or named is octets here, for a text cannot hold a NUL.
CREATE TABLE contexts (
  number   INTEGER PRIMARY KEY AUTOINCREMENT,
  id       BLOB NOT NULL UNIQUE,
  version  INTEGER NOT NULL,
  live     INTEGER NOT NULL,
  subject  BLOB,
  lease    INTEGER,
  purge_at INTEGER NOT NULL,
  body     BLOB NOT NULL
) STRICT;
CREATE INDEX contexts_by_subject ON contexts (subject, live, number);
CREATE INDEX contexts_by_lease ON contexts (live, lease) WHERE lease IS NOT NULL;
CREATE INDEX contexts_by_purge ON contexts (purge_at);

CREATE TABLE handles (
  handle   BLOB PRIMARY KEY,
  context  BLOB NOT NULL,
  purge_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX handles_by_purge ON handles (purge_at);

-- The time at which everything that was taken is back again.
CREATE TABLE allowances (
  key     BLOB PRIMARY KEY,
  back_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX allowances_by_end ON allowances (back_at);

-- due: not before; for one that is taken, when it is anybody's again.
CREATE TABLE jobs (
  id       INTEGER PRIMARY KEY AUTOINCREMENT,
  key      BLOB NOT NULL UNIQUE,
  kind     BLOB NOT NULL,
  payload  BLOB NOT NULL,
  attempt  INTEGER NOT NULL,
  taken    INTEGER NOT NULL,
  done     INTEGER NOT NULL,
  due      INTEGER NOT NULL,
  since    INTEGER NOT NULL,
  purge_at INTEGER NOT NULL
) STRICT;
CREATE INDEX jobs_by_due ON jobs (done, due, id);
CREATE INDEX jobs_by_since ON jobs (done, since);
CREATE INDEX jobs_by_purge ON jobs (purge_at);

CREATE TABLE answers (
  key      BLOB PRIMARY KEY,
  request  BLOB NOT NULL,
  answer   BLOB NOT NULL,
  purge_at INTEGER NOT NULL
) STRICT;
CREATE INDEX answers_by_purge ON answers (purge_at);

CREATE TABLE holds (
  key        BLOB PRIMARY KEY,
  held_until INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX holds_by_end ON holds (held_until);

CREATE TABLE progress (
  subject BLOB PRIMARY KEY,
  body    BLOB NOT NULL
) STRICT;

CREATE TABLE onboarded (
  directory BLOB NOT NULL,
  key       BLOB NOT NULL,
  is_group  INTEGER NOT NULL,
  name      BLOB NOT NULL,
  at        INTEGER NOT NULL,
  PRIMARY KEY (directory, key)
) STRICT, WITHOUT ROWID;
