use super::*;
use std::io;
use std::sync::mpsc;

/// A sink whose writes are answered by the test.
struct Scripted {
    asked: mpsc::Sender<Vec<u8>>,
    answers: mpsc::Receiver<io::Result<usize>>,
}

impl Write for Scripted {
    fn write(&mut self, octets: &[u8]) -> io::Result<usize> {
        let _ = self.asked.send(octets.to_vec());
        let answer = self.answers.recv().unwrap_or(Ok(usize::MAX));
        answer.map(|count| count.min(octets.len()))
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

struct Sink {
    asked: mpsc::Receiver<Vec<u8>>,
    answers: mpsc::Sender<io::Result<usize>>,
}

impl Sink {
    /// The text the thread tries to write next.
    fn next(&self) -> String {
        String::from_utf8(self.asked.recv().unwrap()).unwrap()
    }

    fn answer(&self, answer: io::Result<usize>) {
        self.answers.send(answer).unwrap();
    }
}

fn started(capacity: usize) -> (Lines, Writer, Sink) {
    let (asked, asked_here) = mpsc::channel();
    let (answers_here, answers) = mpsc::channel();
    let confession: Confession = Box::new(|lost, out| out.extend_from_slice(format!("lost {lost}\n").as_bytes()));
    let (lines, writer) = start_with(Box::new(Scripted { asked, answers }), confession, capacity).unwrap();
    let sink = Sink {
        asked: asked_here,
        answers: answers_here,
    };
    (lines, writer, sink)
}

const ALL: io::Result<usize> = Ok(usize::MAX);

fn full() -> io::Result<usize> {
    Err(io::ErrorKind::StorageFull.into())
}

#[test]
fn every_line_put_before_the_end_is_written() {
    let (lines, writer, sink) = started(1024);
    lines.put(b"one\n");
    lines.put(b"two\n");
    sink.answer(ALL);
    sink.answer(ALL);
    writer.close();
    assert_eq!(sink.asked.iter().flatten().collect::<Vec<_>>(), b"one\ntwo\n");
    assert_eq!(lines.lost(), 0);
}

#[test]
fn a_full_buffer_loses_lines_and_does_not_block() {
    let (lines, writer, sink) = started(8);
    lines.put(b"first\n");
    assert_eq!(sink.next(), "first\n");
    // The sink is stuck; what fits waits, and the rest is counted.
    lines.put(b"second\n");
    lines.put(b"third\n");
    lines.put(b"a line that never fits\n");
    assert_eq!(lines.lost(), 2);
    sink.answer(ALL);
    sink.answer(ALL);
    sink.answer(ALL);
    assert_eq!(
        (sink.next(), sink.next()),
        ("lost 2\n".to_owned(), "second\n".to_owned())
    );
    writer.close();
}

#[test]
fn a_sink_that_fails_loses_lines_and_the_next_success_says_so() {
    let (lines, writer, sink) = started(1024);
    lines.put(b"one\n");
    sink.answer(full());
    assert_eq!(sink.next(), "one\n");
    lines.put(b"two\n");
    sink.answer(full());
    assert_eq!(sink.next(), "lost 1\n");
    lines.put(b"three\n");
    sink.answer(ALL);
    sink.answer(ALL);
    assert_eq!(
        (sink.next(), sink.next()),
        ("lost 2\n".to_owned(), "three\n".to_owned())
    );
    assert_eq!(lines.lost(), 2);
    writer.close();
}

#[test]
fn a_line_cut_short_is_ended_before_the_next() {
    let (lines, writer, sink) = started(1024);
    lines.put(b"one\n");
    sink.answer(Ok(2));
    sink.answer(full());
    assert_eq!((sink.next(), sink.next()), ("one\n".to_owned(), "e\n".to_owned()));
    lines.put(b"two\n");
    sink.answer(ALL);
    sink.answer(ALL);
    assert_eq!(
        (sink.next(), sink.next()),
        ("\nlost 1\n".to_owned(), "two\n".to_owned())
    );
    writer.close();
}

#[test]
fn a_sink_that_never_returns_does_not_keep_the_program_from_ending() {
    let (lines, writer, sink) = started(1024);
    lines.put(b"one\n");
    assert_eq!(sink.next(), "one\n");
    writer.close();
    lines.put(b"two\n");
    assert_eq!(lines.lost(), 1);
}
