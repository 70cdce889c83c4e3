//! What people are written. Every letter says what happened, when and from where, what to do, and what to do if it was not them; none holds a
//! password, a picture, or a link that does not come from configuration.

#[cfg(test)]
mod tests;

use crate::brand::Brand;
use crate::words::{Language, Words, of_tag, plain};
use askama::Template;
use postern_identity::clock::Timestamp;
use postern_identity::reset::{Action, Compose, Letter, LetterKind, Message};
use std::collections::HashMap;
use std::sync::Arc;

/// Writes letters in the words and looks of each route's site.
pub struct Letters {
    sites: HashMap<Arc<str>, Arc<Brand>>,
    elsewhere: Arc<Brand>,
    words: Vec<Words>,
}

/// One piece of a letter.
enum Part {
    Text(String),
    /// What stands on it, and where it leads.
    Link(String, String),
    Code(String),
    Names(Vec<String>),
}

#[derive(Template)]
#[template(path = "letter.txt")]
struct AsText<'a> {
    parts: &'a [Part],
    foot: &'a [String],
}

#[derive(Template)]
#[template(path = "letter.html")]
struct AsHtml<'a> {
    language: Language,
    subject: &'a str,
    site: &'a str,
    accent: String,
    parts: &'a [Part],
    foot: &'a [String],
}

impl Letters {
    /// `sites`: each route with its brand. `elsewhere`: for routes without.
    pub fn new(sites: impl IntoIterator<Item = (Arc<str>, Arc<Brand>)>, elsewhere: Arc<Brand>) -> Self {
        Self {
            sites: sites.into_iter().collect(),
            elsewhere,
            words: Language::ALL.map(Words::of).into(),
        }
    }

    /// The person's language where the site has it, else the site's first.
    fn words(&self, tag: &str, brand: &Brand) -> Option<&Words> {
        let language = of_tag(tag, brand.languages()).or_else(|| brand.languages().first().copied());
        let written = self.words.iter().find(|words| Some(words.language()) == language);
        written.or_else(|| self.words.first())
    }
}

impl Compose for Letters {
    fn compose(&self, letter: &Letter) -> Message {
        let brand = self.sites.get(&letter.route).unwrap_or(&self.elsewhere);
        let (language, subject, text, html) = match self.words(&letter.language, brand) {
            Some(words) => written(words, brand, letter),
            None => (Language::English, String::new(), String::new(), String::new()),
        };
        Message {
            to: Arc::clone(&letter.to),
            id: Arc::clone(&letter.id),
            subject,
            text,
            html,
            language: language.tag().to_owned(),
            kind: letter.kind,
            from: brand.mail_from().cloned(),
        }
    }
}

fn written(words: &Words, brand: &Brand, letter: &Letter) -> (Language, String, String, String) {
    let about = About { words, brand, letter };
    let mut parts = vec![Part::Text(about.greeting())];
    parts.extend(about.parts());
    let subject = one_line(&flat(words, &about.subject()));
    let foot = about.foot();
    let html = AsHtml {
        language: words.language(),
        subject: &subject,
        site: brand.name(),
        accent: brand.accent().to_string(),
        parts: &parts,
        foot: &foot,
    };
    // Into a string nothing fails.
    let html = html.render().unwrap_or_default();
    let text = AsText {
        parts: &parts,
        foot: &foot,
    }
    .render()
    .unwrap_or_default();
    (words.language(), subject, flat(words, &text), html)
}

struct About<'a> {
    words: &'a Words,
    brand: &'a Brand,
    letter: &'a Letter,
}

impl About<'_> {
    fn greeting(&self) -> String {
        // Administrators are told of somebody; the name is not theirs.
        let name = self
            .letter
            .display_name
            .as_deref()
            .filter(|_| self.letter.kind != LetterKind::Privileged);
        match name.filter(|name| is_a_name(name)) {
            Some(name) => self.words.letter_greeting(name),
            None => self.words.letter_greeting_nobody(),
        }
    }

    /// Subjects stand on locked screens: no name, no code.
    fn subject(&self) -> String {
        let (words, site) = (self.words, self.brand.name());
        match (self.letter.kind, self.letter.action) {
            (LetterKind::Challenge, Action::Unlock) => words.letter_challenge_subject_unlock(site),
            (LetterKind::Challenge, Action::Reset | Action::Reminder) => words.letter_challenge_subject_reset(site),
            (LetterKind::Changed, _) => words.letter_changed_subject(site),
            (LetterKind::Unlocked, _) => words.letter_unlocked_subject(site),
            (LetterKind::NotHere, _) => words.letter_not_here_subject(site),
            (LetterKind::Reminder, _) => words.letter_reminder_subject(site),
            (LetterKind::SignIn, _) => words.letter_sign_in_subject(site),
            (LetterKind::Privileged, _) => words.letter_privileged_subject(site),
            (LetterKind::Waiting, _) => words.letter_waiting_subject(site),
        }
    }

    fn parts(&self) -> Vec<Part> {
        let (words, letter) = (self.words, self.letter);
        let mut parts = Vec::new();
        match letter.kind {
            LetterKind::Challenge => {
                parts.push(Part::Text(match letter.action {
                    Action::Unlock => words.letter_challenge_unlock(self.account()),
                    Action::Reset | Action::Reminder => words.letter_challenge_reset(self.account()),
                }));
                parts.push(Part::Text(self.asked()));
                parts.extend(self.way_on());
                parts.push(Part::Text(words.letter_nothing_yet()));
                parts.extend(self.not_me());
            }
            LetterKind::Changed | LetterKind::Unlocked => {
                let when = self.time(letter.at);
                parts.push(Part::Text(if letter.kind == LetterKind::Changed {
                    words.letter_changed(self.account(), when)
                } else {
                    words.letter_unlocked(self.account(), when)
                }));
                parts.extend(letter.from.as_deref().map(|place| Part::Text(words.letter_from(place))));
                parts.push(Part::Text(words.letter_if_you()));
                parts.extend(self.not_me());
            }
            LetterKind::NotHere => {
                parts.extend(self.elsewhere());
                parts.push(Part::Text(self.asked()));
                parts.push(Part::Text(words.letter_nothing_yet()));
            }
            LetterKind::Reminder => {
                let names: Vec<String> = letter.logins.iter().map(|login| one_line(login)).collect();
                parts.push(Part::Text(
                    words.letter_reminder(u32::try_from(names.len()).unwrap_or(u32::MAX)),
                ));
                parts.push(Part::Names(names));
                parts.push(Part::Text(self.asked()));
                parts.extend(self.link(words.start_title()));
            }
            LetterKind::SignIn => {
                parts.push(Part::Text(match letter.action {
                    Action::Unlock => words.letter_sign_in_unlock(self.account()),
                    Action::Reset | Action::Reminder => words.letter_sign_in_reset(self.account()),
                }));
                parts.extend(self.link(words.letter_challenge_button()));
                parts.extend(
                    letter
                        .link_until
                        .map(|until| Part::Text(words.sent_until(self.time(until)))),
                );
                parts.push(Part::Text(words.letter_nothing_yet()));
                parts.extend(self.not_me());
            }
            LetterKind::Waiting => {
                parts.push(Part::Text(words.letter_waiting(self.account(), self.time(letter.at))));
                parts.extend(letter.from.as_deref().map(|place| Part::Text(words.letter_from(place))));
                parts.extend(
                    letter
                        .link_until
                        .map(|then| Part::Text(words.letter_waiting_until(self.time(then)))),
                );
                parts.extend(self.not_me());
            }
            LetterKind::Privileged => {
                let (name, when) = (self.login(), self.time(letter.at));
                parts.push(Part::Text(match letter.action {
                    Action::Unlock => words.letter_privileged_unlock(name, when),
                    Action::Reset | Action::Reminder => words.letter_privileged(name, when),
                }));
                parts.extend(letter.from.as_deref().map(|place| Part::Text(words.letter_from(place))));
                parts.push(Part::Text(words.letter_privileged_check()));
            }
        }
        parts
    }

    /// The link, and the code to type, each with its time.
    fn way_on(&self) -> Vec<Part> {
        let (words, letter) = (self.words, self.letter);
        let mut parts = Vec::new();
        if let Some(link) = self.link(words.letter_challenge_button()) {
            parts.push(Part::Text(match letter.link_until {
                Some(until) => words.letter_challenge_link_until(self.time(until)),
                None => words.letter_challenge_link(),
            }));
            parts.push(link);
        }
        if let Some(code) = letter
            .code
            .as_ref()
            .and_then(|code| std::str::from_utf8(code.expose()).ok())
        {
            parts.push(Part::Text(match letter.code_until {
                Some(until) => words.letter_challenge_code_until(self.time(until)),
                None => words.letter_challenge_code(),
            }));
            parts.push(Part::Code(in_groups(code)));
            parts.push(Part::Text(words.letter_never_asked()));
        }
        parts
    }

    fn link(&self, label: String) -> Option<Part> {
        let link = self.letter.link.as_ref()?;
        Some(Part::Link(label, link.as_str().to_owned()))
    }

    fn not_me(&self) -> Vec<Part> {
        self.letter.not_me.as_ref().map_or_else(Vec::new, |link| {
            vec![
                Part::Text(self.words.letter_not_me()),
                Part::Link(self.words.letter_not_me_button(), link.as_str().to_owned()),
            ]
        })
    }

    fn elsewhere(&self) -> Vec<Part> {
        match &self.letter.provider {
            Some(page) => vec![
                Part::Text(self.words.letter_not_here(self.account(), &page.title)),
                Part::Link(self.words.letter_not_here_button(&page.host), page.url.to_string()),
            ],
            None => vec![Part::Text(self.words.letter_not_here_unsaid(self.account()))],
        }
    }

    fn asked(&self) -> String {
        let when = self.time(self.letter.at);
        match self.letter.from.as_deref() {
            Some(place) => self.words.letter_asked_from(when, place),
            None => self.words.letter_asked(when),
        }
    }

    fn foot(&self) -> Vec<String> {
        let own = self
            .letter
            .help_desk
            .as_deref()
            .or(self.brand.help_desk().text.as_deref());
        let mut foot = vec![
            self.words
                .letter_help_desk(own.map_or_else(|| self.words.help_desk_text(), one_line)),
        ];
        foot.extend(
            self.brand
                .help_desk()
                .phone
                .as_deref()
                .map(|phone| self.words.help_desk_phone(phone)),
        );
        foot.push(self.words.letter_sent_by(self.brand.name()));
        foot
    }

    /// Mailboxes are read over shoulders, and by others: enough to know which account is meant.
    fn account(&self) -> String {
        masked(&self.login())
    }

    fn login(&self) -> String {
        self.letter
            .logins
            .first()
            .map_or_else(|| masked(&self.letter.to), |login| one_line(login))
    }

    fn time(&self, at: Timestamp) -> String {
        self.words.time(at, self.brand.time_zone())
    }
}

/// `j•••e`, `j•••e@example.org`: the first and the last letter of a name of three or more.
fn masked(login: &str) -> String {
    if login.contains('•') {
        return login.to_owned();
    }
    let (name, domain) = login.rsplit_once('@').map_or((login, ""), |(name, _)| {
        (name, login.get(name.len()..).unwrap_or_default())
    });
    let mut letters = name.chars();
    let first: String = letters.next().into_iter().collect();
    let last: String = letters
        .next_back()
        .filter(|_| letters.next().is_some())
        .into_iter()
        .collect();
    format!("{first}•••{last}{domain}")
}

/// People can write their own display name into many directories. It is a name, or it is not said.
fn is_a_name(text: &str) -> bool {
    let folded = text.to_lowercase();
    !text.trim().is_empty() && text.chars().count() <= 64 && !text.chars().any(|letter| {
        letter.is_control()
            || matches!(letter, '<' | '>' | '@' | '/' | '\\' | ':' | '\u{200e}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    }) && !folded.contains("www.")
}

/// What comes from elsewhere begins no line of its own.
fn one_line(text: &str) -> String {
    text.chars()
        .map(|letter| if letter.is_control() { ' ' } else { letter })
        .collect()
}

/// `K7M29QXR` as `K7M2 9QXR`.
fn in_groups(code: &str) -> String {
    let letters: Vec<char> = code.chars().collect();
    letters
        .chunks(4)
        .map(|group| group.iter().collect::<String>())
        .collect::<Vec<_>>()
        .join(" ")
}

/// Where nothing is written from right to left, no mail program has to know the signs that keep directions apart.
fn flat(words: &Words, text: &str) -> String {
    let leftward =
        |letter: char| matches!(letter, '\u{590}'..='\u{8ff}' | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}');
    if words.language().direction() == "ltr" && !text.chars().any(leftward) {
        plain(text)
    } else {
        text.to_owned()
    }
}
