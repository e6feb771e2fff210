//! Words that many reports share, such as the name of a scheme, as one byte each.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};

/// The number of a word; 0 for none.
pub(crate) type Word = u8;

/// The number of every word beyond those that have one: reports come from elsewhere, and may be hostile.
const OTHER: Word = u8::MAX;

/// The words that were met, by their numbers.
#[derive(Debug, Default)]
pub(crate) struct Words(RwLock<Inner>);

#[derive(Debug, Default)]
struct Inner {
    numbers: HashMap<String, Word>,
    words: Vec<String>,
}

/// The numbers that one worker has asked for: it asks for the same few words again and again, and the others
/// are not to wait for it.
pub(crate) struct Known<'w> {
    words: &'w Words,
    /// Few, so that looking through them is faster than a hash.
    numbers: Vec<(String, Word)>,
}

impl<'w> Known<'w> {
    /// Of these words.
    pub(crate) fn new(words: &'w Words) -> Self {
        Self {
            words,
            numbers: Vec::new(),
        }
    }

    /// The number of a word.
    pub(crate) fn number(&mut self, word: Option<&str>) -> Word {
        let Some(word) = word.filter(|word| !word.is_empty()) else {
            return 0;
        };
        if let Some((_, number)) = self.numbers.iter().find(|(known, _)| known == word) {
            return *number;
        }
        let number = self.words.number(Some(word));
        // The others may be many.
        if number != OTHER {
            self.numbers.push((word.to_owned(), number));
        }
        number
    }
}

impl Words {
    /// The number of a word.
    pub(crate) fn number(&self, word: Option<&str>) -> Word {
        let Some(word) = word.filter(|word| !word.is_empty()) else {
            return 0;
        };
        let known = self.0.read().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = known.numbers.get(word) {
            return *number;
        }
        drop(known);
        let mut inner = self.0.write().unwrap_or_else(PoisonError::into_inner);
        if let Some(number) = inner.numbers.get(word) {
            return *number;
        }
        let Some(number) = Word::try_from(inner.words.len() + 1).ok() else {
            return OTHER;
        };
        if number == OTHER || word.len() > 64 {
            return OTHER;
        }
        inner.words.push(word.to_owned());
        inner.numbers.insert(word.to_owned(), number);
        number
    }

    /// The word of a number, fit to be shown.
    pub(crate) fn word(&self, number: Word) -> Option<String> {
        let inner = self.0.read().unwrap_or_else(PoisonError::into_inner);
        match number {
            0 => None,
            OTHER => Some("(other)".to_owned()),
            _ => inner
                .words
                .get(usize::from(number) - 1)
                .map(|word| crate::shown(word)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_come_back_and_there_are_never_too_many() {
        let words = Words::default();
        assert_eq!(words.word(words.number(None)), None);
        for index in 0..1000 {
            let word = format!("word-{index}");
            let number = words.number(Some(&word));
            assert_eq!(number, words.number(Some(&word)));
            let expected = if index < 254 { &word } else { "(other)" };
            assert_eq!(words.word(number).unwrap(), expected);
        }
        assert_eq!(words.number(Some(&"x".repeat(65))), OTHER);
    }
}
