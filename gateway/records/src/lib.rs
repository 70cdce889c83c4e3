//! What is kept: SQL behind the heart's ports, on SQLite or PostgreSQL.
