//! The tree that every format is read into: keys with texts, or with further keys below them.

use std::collections::HashMap;
use std::net::IpAddr;

use super::keys::{is_address, is_targets};
use super::value;

/// A key, with a text or with what is below it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Node {
    pub(crate) key: String,
    pub(crate) text: Option<String>,
    pub(crate) below: Vec<Node>,
    pub(crate) line: u64,
    pub(super) seen: Seen,
}

/// What a node and the nodes below it contain. Computed once: searching from each name would be quadratic in the length
/// of a list.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Seen {
    pub(super) names: Names,
    /// The first address.
    pub(super) address: Option<IpAddr>,
}

/// The names in a node and below it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Names {
    #[default]
    Nothing,
    /// One and the same, by its number.
    One(usize),
    Several,
}

impl Names {
    fn and(self, other: Self) -> Self {
        match (self, other) {
            (Self::Nothing, other) => other,
            (this, Self::Nothing) => this,
            (this, other) if this == other => this,
            _ => Self::Several,
        }
    }
}

impl Node {
    pub(crate) fn leaf(key: &str, text: &str, line: u64) -> Self {
        Self {
            key: key.to_owned(),
            text: Some(text.to_owned()),
            below: Vec::new(),
            line,
            seen: Seen::default(),
        }
    }

    /// How many worldwide names of Fibre Channel are in it.
    pub(crate) fn wwns(&self) -> usize {
        let own = self
            .text
            .iter()
            .flat_map(|text| text.split([',', ' ', '\n']));
        let own = own.filter(|word| value::is_wwn(word.trim())).count();
        own + self.below.iter().map(Self::wwns).sum::<usize>()
    }

    /// What an object has; nothing of a list, which may have a million.
    pub(super) fn fields(&self) -> &[Self] {
        const MOST: usize = 1024;
        if self.below.len() > MOST {
            return &[];
        }
        &self.below
    }

    /// Whether what is below are elements: objects without keys, or with one and the same.
    pub(super) fn is_list(&self) -> bool {
        match self.below.as_slice() {
            [one, other, ..] if one.key == other.key => one.text.is_none(),
            [one, ..] => one.text.is_none() && one.key.is_empty(),
            [] => false,
        }
    }

    pub(crate) fn of(key: &str, below: Vec<Node>, line: u64) -> Self {
        Self {
            key: key.to_owned(),
            text: None,
            below,
            line,
            seen: Seen::default(),
        }
    }

    /// Notes what is in it and below it; a name's number is its place among those seen before.
    pub(super) fn look(&mut self, numbers: &mut HashMap<String, usize>) {
        let own = self.text.as_deref().filter(|_| !is_targets(&self.key));
        let found = own.into_iter().flat_map(value::names);
        self.seen.names = found
            .map(|one| {
                let next = numbers.len();
                let number = numbers.entry(one.name.to_ascii_lowercase());
                Names::One(*number.or_insert(next))
            })
            .fold(Names::Nothing, Names::and);
        let own = self.text.as_deref().filter(|_| is_address(&self.key));
        self.seen.address = own.and_then(value::address);
        for below in &mut self.below {
            below.look(numbers);
            self.seen.names = self.seen.names.and(below.seen.names);
            self.seen.address = self.seen.address.or(below.seen.address);
        }
    }
}
