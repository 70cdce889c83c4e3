//! Statements that go to SQLite's thread together. To hand one over and be woken by its answer costs several times what SQLite does for it, so
//! those that wait for nothing but each other travel as one text, with their values numbered on.

use crate::resets::Statement;
use crate::resets::Value;
use crate::unit::Answer;
use futures_util::TryStreamExt as _;
use sqlx::query::Query;
use sqlx::sqlite::{SqliteArguments, SqliteConnection, SqliteRow};
use sqlx::{AssertSqlSafe, Either, Executor as _, Sqlite, query};
use std::fmt::Write as _;

/// Statements in one text: SQLite keeps each text that it has read.
const AT_ONCE: usize = 24;

/// How many rows each has changed. `before` goes before the first; it has no values.
pub(super) async fn run(
    on: &mut SqliteConnection,
    before: Option<&'static str>,
    statements: &[Statement<'_>],
) -> Answer<Vec<u64>> {
    let mut rows = Vec::with_capacity(statements.len());
    let mut before = before;
    for some in statements.chunks(AT_ONCE) {
        let mut uncounted = usize::from(before.is_some());
        let text = text(before.take(), some);
        let mut answers = on.fetch_many(bound(text, some));
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(_) if uncounted > 0 => uncounted -= 1,
                Either::Left(done) => rows.push(done.rows_affected()),
                Either::Right(_) => {}
            }
        }
    }
    Ok(rows)
}

/// The rows of each.
pub(super) async fn rows(on: &mut SqliteConnection, statements: &[Statement<'_>]) -> Answer<Vec<Vec<SqliteRow>>> {
    let mut all = Vec::with_capacity(statements.len());
    for some in statements.chunks(AT_ONCE) {
        let mut answers = on.fetch_many(bound(text(None, some), some));
        let mut rows = Vec::new();
        while let Some(answer) = answers.try_next().await? {
            match answer {
                Either::Left(_) => all.push(std::mem::take(&mut rows)),
                Either::Right(row) => rows.push(row),
            }
        }
    }
    Ok(all)
}

/// One text, in which `$1` of the second statement is the value after all of the first's.
fn text(before: Option<&'static str>, statements: &[Statement<'_>]) -> String {
    let mut text = String::new();
    if let Some(before) = before {
        text.push_str(before);
        text.push_str("; ");
    }
    let mut values = 0;
    for statement in statements {
        let mut pieces = statement.sql.split('$');
        text.push_str(pieces.next().unwrap_or_default());
        for piece in pieces {
            let digits = piece.bytes().take_while(u8::is_ascii_digit).count();
            let (number, rest) = piece.split_at(digits);
            let number: usize = number.parse().unwrap_or(0);
            let _ = write!(text, "${}{rest}", number + values); // a text takes all that is written
        }
        text.push_str("; ");
        values += statement.values.len();
    }
    text
}

fn bound<'q>(text: String, statements: &[Statement<'q>]) -> Query<'q, Sqlite, SqliteArguments> {
    // Only of texts that stand in the program.
    let all = query(AssertSqlSafe(text));
    let values = statements.iter().flat_map(|statement| &statement.values);
    values.fold(all, |all, value| match value {
        Value::Number(number) => all.bind(*number),
        Value::Octets(octets) => all.bind(*octets),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_numbered_on() {
        let statements = [
            Statement::of("UPDATE a SET b = $2 WHERE c = $1", vec![1.into(), 2.into()]),
            Statement::of("DELETE FROM a", Vec::new()),
            Statement::of("DELETE FROM a WHERE c = $1 LIMIT $2 + 0", vec![3.into(), 4.into()]),
        ];
        assert_eq!(
            text(Some("SAVEPOINT one"), &statements),
            "SAVEPOINT one; UPDATE a SET b = $2 WHERE c = $1; DELETE FROM a; DELETE FROM a WHERE c = $3 LIMIT $4 + 0; "
        );
    }
}
