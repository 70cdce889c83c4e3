//! Whether a password is the person's or the organisation's own words with little besides.

use postern_identity::reset::asked::fold;
use zeroize::Zeroizing;

/// Words of fewer letters say nothing.
const SHORTEST_WORD: usize = 3;
/// Words looked for, at the most, after they were taken apart.
const MOST_WORDS: usize = 128;
/// Characters of a password that are looked at.
const LONGEST: usize = 256;
/// Letters that may stand besides and it is still little: "my", an "a" that was a 4.
const FEW_LETTERS: usize = 2;
/// Digits that may: a day, a month and a year.
const FEW_DIGITS: usize = 8;

/// The whole password is compared, not its parts: what holds a name and enough of something else is none of this. Case, width, what stands
/// between words and figures put for letters make no difference.
pub(crate) fn is_little_else(password: &str, words: &[&str]) -> bool {
    let words = parts(words);
    if words.is_empty() {
        return false;
    }
    let folded: Zeroizing<String> = Zeroizing::new(fold(password));
    [as_it_is, for_letters]
        .into_iter()
        .any(|read| is_covered(&folded, &words, read))
}

/// Whether little is left once every word was taken out, both read so.
fn is_covered(text: &str, words: &[String], read: fn(char) -> char) -> bool {
    let written: Vec<char> = text
        .chars()
        .filter(|c| read(*c).is_alphanumeric())
        .take(LONGEST)
        .collect();
    let mut written = Zeroizing::new(written);
    let mut taken = Zeroizing::new(written.iter().copied().map(read).collect::<Vec<char>>());
    let mut found = false;
    for word in words {
        let word: Vec<char> = word.chars().map(read).collect();
        let mut from = 0;
        while let Some(at) = taken
            .get(from..)
            .and_then(|rest| rest.windows(word.len()).position(|place| place == word))
        {
            let place = from + at..from + at + word.len();
            // What stood on both sides of it does not join: a line break is part of no word.
            for text in [&mut written, &mut taken] {
                if let Some(place) = text.get_mut(place.clone()) {
                    place.fill('\n');
                }
            }
            from = place.end;
            found = true;
        }
    }
    let letters = written.iter().filter(|c| c.is_alphabetic()).count();
    let digits = written.iter().filter(|c| c.is_numeric()).count();
    found && letters <= FEW_LETTERS && digits <= FEW_DIGITS
}

/// Each word whole and in its parts: `alice.liddell@example.org` is also `alice`, `liddell` and `example`. The longest first.
fn parts(words: &[&str]) -> Vec<String> {
    let mut parts: Vec<String> = Vec::new();
    for word in words {
        let folded = fold(word);
        let pieces = folded.split(|c: char| !c.is_alphanumeric()).map(str::to_owned);
        let whole: String = folded.chars().filter(|c| c.is_alphanumeric()).collect();
        for part in pieces.chain([whole]) {
            if part.chars().count() >= SHORTEST_WORD && parts.len() < MOST_WORDS && !parts.contains(&part) {
                parts.push(part);
            }
        }
    }
    parts.sort_by_key(|part| std::cmp::Reverse(part.len()));
    parts
}

fn as_it_is(character: char) -> char {
    character
}

/// Figures as the letters they are put for. An i and an l are one: 1 stands for both, in one word too.
fn for_letters(character: char) -> char {
    match character {
        '0' => 'o',
        '1' | '!' | '|' | 'l' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' | '+' => 't',
        '8' => 'b',
        '9' => 'g',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORDS: [&str; 4] = ["alice", "Alice Liddell", "alice.liddell@example.org", "Wonderland Ltd"];

    #[test]
    fn one_s_own_words_with_little_besides_are_refused() {
        for password in [
            "alice",
            "ALICE",
            "Alice2026!",
            "4l1ce",
            "A11c3-2026-11-22",
            "AliceLiddell",
            "liddell alice liddell",
            "Alice.Liddell@Example.org",
            "example-alice-2026!!",
            "w0nder1and w0nder1and",
            "my alice 1865",
            "Ａｌｉｃｅ Ｌｉｄｄｅｌｌ",
        ] {
            assert!(is_little_else(password, &WORDS), "{password}");
        }
    }

    #[test]
    fn a_name_in_something_longer_is_not() {
        for password in [
            "",
            "correct horse battery staple",
            "alice falls down a hole",
            "alice 8274619283746192",
            "palindrome",
            "1234",
        ] {
            assert!(!is_little_else(password, &WORDS), "{password}");
        }
        assert!(!is_little_else("alice", &[]));
        assert!(!is_little_else("al", &["al", ""]));
    }

    #[test]
    fn what_a_word_leaves_does_not_make_another() {
        // Without "cat" in it, "dcatog" would be "dog".
        assert!(!is_little_else("dcatogdcatogx", &["dog", "fish"]));
    }
}
