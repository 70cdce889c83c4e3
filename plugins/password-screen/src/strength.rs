//! How easily a password is guessed, and what would make it harder.

use postern_identity::reset::Advice;
use zxcvbn::feedback::{Suggestion, Warning};

/// Words of the context that are guessed with, at the most: each costs time with every length of it.
const MOST_WORDS: usize = 64;
/// Characters of such a word.
const LONGEST_WORD: usize = 64;

/// The score, 0 to 4, and advice. Of a long password the first hundred characters are looked at, so that its length costs nobody else.
pub(crate) fn guess(password: &str, words: &[&str]) -> (u8, Vec<Advice>) {
    let words: Vec<&str> = words
        .iter()
        .copied()
        .filter(|word| !word.is_empty() && word.chars().count() <= LONGEST_WORD)
        .take(MOST_WORDS)
        .collect();
    let entropy = zxcvbn::zxcvbn(password, &words);
    let mut advice = Vec::new();
    let mut add = |piece: Option<Advice>| {
        if let Some(piece) = piece
            && !advice.contains(&piece)
        {
            advice.push(piece);
        }
    };
    if let Some(feedback) = entropy.feedback() {
        add(feedback.warning().map(of_warning));
        for suggestion in feedback.suggestions() {
            add(of_suggestion(*suggestion));
        }
    }
    (u8::from(entropy.score()), advice)
}

fn of_warning(warning: Warning) -> Advice {
    match warning {
        Warning::StraightRowsOfKeysAreEasyToGuess
        | Warning::ShortKeyboardPatternsAreEasyToGuess
        | Warning::SequencesLikeAbcAreEasyToGuess => Advice::Sequence,
        Warning::RepeatsLikeAaaAreEasyToGuess | Warning::RepeatsLikeAbcAbcAreOnlySlightlyHarderToGuess => {
            Advice::Repeats
        }
        Warning::ThisIsATop10Password
        | Warning::ThisIsATop100Password
        | Warning::ThisIsACommonPassword
        | Warning::ThisIsSimilarToACommonlyUsedPassword
        | Warning::AWordByItselfIsEasyToGuess
        | Warning::NamesAndSurnamesByThemselvesAreEasyToGuess
        | Warning::CommonNamesAndSurnamesAreEasyToGuess => Advice::CommonWord,
        Warning::RecentYearsAreEasyToGuess | Warning::DatesAreOftenEasyToGuess => Advice::Date,
    }
}

/// `None`: that no kind of character is needed is said on the page already.
fn of_suggestion(suggestion: Suggestion) -> Option<Advice> {
    Some(match suggestion {
        Suggestion::UseAFewWordsAvoidCommonPhrases | Suggestion::AddAnotherWordOrTwo => Advice::MoreWords,
        Suggestion::NoNeedForSymbolsDigitsOrUppercaseLetters => return None,
        Suggestion::CapitalizationDoesntHelpVeryMuch
        | Suggestion::AllUppercaseIsAlmostAsEasyToGuessAsAllLowercase
        | Suggestion::ReversedWordsArentMuchHarderToGuess
        | Suggestion::PredictableSubstitutionsDontHelpVeryMuch => Advice::Substitution,
        Suggestion::UseALongerKeyboardPatternWithMoreTurns | Suggestion::AvoidSequences => Advice::Sequence,
        Suggestion::AvoidRepeatedWordsAndCharacters => Advice::Repeats,
        Suggestion::AvoidRecentYears
        | Suggestion::AvoidYearsThatAreAssociatedWithYou
        | Suggestion::AvoidDatesAndYearsThatAreAssociatedWithYou => Advice::Date,
    })
}
