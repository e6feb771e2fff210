//! A host as a JSON object: the values at the paths of the columns.

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::{Column, Columns, Fault, Row, Sink};

/// The facts that Ansible gathers of one host are some hundred kilobytes.
pub(super) const LONGEST_OBJECT: usize = 4 << 20;
const COLUMNS: usize = Column::ALL.len();

/// Finds the columns in objects.
pub(super) struct Picker {
    columns: Columns,
    /// Each path with its column, and its rank among the paths of that column.
    paths: Vec<(Column, usize, String)>,
}

/// A value where a column was looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Found<'a> {
    Text(Cow<'a, str>),
    /// Something that cannot be the text of a column.
    Other(&'static str),
}

/// What was found, with the rank of the path at which it was.
type Picked<'a> = [Option<(usize, Found<'a>)>; COLUMNS];

impl Picker {
    pub(super) fn new(columns: &Columns) -> Self {
        let of = |column| {
            let paths = columns
                .paths(column)
                .into_iter()
                .map(str::to_owned)
                .enumerate();
            paths.map(move |(rank, path)| (column, rank, path))
        };
        Self {
            paths: Column::ALL.into_iter().flat_map(of).collect(),
            columns: columns.clone(),
        }
    }

    /// Hands on the host of an object. `key` names it where the object stands below its name.
    pub(super) fn object(
        &self,
        paths: &[Path<'_>],
        line: u64,
        text: &[u8],
        key: Option<&str>,
        sink: &mut dyn Sink,
    ) {
        let mut picked = Picked::default();
        let seed = Map {
            paths,
            picked: &mut picked,
        };
        let mut json = serde_json::Deserializer::from_slice(text);
        if let Err(error) = seed.deserialize(&mut json).and_then(|()| json.end()) {
            return sink.bad(line, Fault::one(broken(&error)));
        }
        // Below its name, a host's name is that one, unless the command line names another.
        if let (Some(key), None) = (key, self.columns.given(Column::Host)) {
            picked[0] = Some((0, Found::Text(Cow::Borrowed(key))));
        }
        let mut row = Row::default();
        for (column, value) in Column::ALL.into_iter().zip(&picked) {
            match value {
                Some((_, Found::Text(text))) => row.set(column, text.as_bytes()),
                Some((_, Found::Other(what))) => {
                    return sink.bad(
                        line,
                        Fault::one(format!(
                            "its {} is {what}; it has to be a text",
                            column.word()
                        )),
                    );
                }
                None => {}
            }
        }
        let lacks = |column: Column| {
            row.get(column).is_empty() && picked.get(column as usize).is_some_and(Option::is_none)
        };
        let no_pair = lacks(Column::HostNqn) && lacks(Column::HostId);
        let pinned = !(lacks(Column::Iqn) || no_pair);
        let missing = if lacks(Column::Host) {
            Some(Column::Host)
        } else if lacks(Column::MachineId) && lacks(Column::SystemUuid) && !pinned {
            Some(Column::MachineId)
        } else {
            None
        };
        match missing {
            Some(column) => sink.bad(
                line,
                Fault::shared(self.columns.lacks(column, "it", &names(text))),
            ),
            None => sink.row(line, &row),
        }
    }

    /// The paths, for [`object`](Self::object).
    pub(super) fn paths(&self) -> Vec<Path<'_>> {
        let mut paths = Vec::with_capacity(self.paths.len());
        for (column, rank, rest) in &self.paths {
            paths.push(Path {
                column: *column,
                rank: *rank,
                rest,
            });
        }
        paths
    }
}

/// A column, and where it stands below the object that is being read.
#[derive(Debug, Clone, Copy)]
pub(super) struct Path<'p> {
    column: Column,
    rank: usize,
    rest: &'p str,
}

impl Path<'_> {
    /// What is left of the path below a member.
    fn below(self, member: &str) -> Option<Self> {
        let rest = self.rest.strip_prefix(member)?.strip_prefix('.')?;
        Some(Self { rest, ..self })
    }
}

/// Reads an object.
struct Map<'s, 'p, 'de> {
    paths: &'s [Path<'p>],
    picked: &'s mut Picked<'de>,
}

impl<'de> DeserializeSeed<'de> for Map<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Map<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(Key(name)) = map.next_key::<Key<'de>>()? {
            let paths = self.paths.iter().copied();
            let here: Vec<Path<'_>> = paths.clone().filter(|path| path.rest == name).collect();
            let below: Vec<Path<'_>> = paths.filter_map(|path| path.below(&name)).collect();
            if here.is_empty() && below.is_empty() {
                map.next_value::<IgnoredAny>()?;
                continue;
            }
            map.next_value_seed(Member {
                here: &here,
                below: &below,
                picked: self.picked,
            })?;
        }
        Ok(())
    }
}

/// Reads a value that is a column, or has columns below it.
struct Member<'s, 'p, 'de> {
    here: &'s [Path<'p>],
    below: &'s [Path<'p>],
    picked: &'s mut Picked<'de>,
}

impl<'de> Member<'_, '_, 'de> {
    fn put(self, found: &Found<'de>) {
        for path in self.here {
            if let Some(slot) = self.picked.get_mut(path.column as usize) {
                if slot.as_ref().is_none_or(|(rank, _)| *rank >= path.rank) {
                    *slot = Some((path.rank, found.clone()));
                }
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Member<'_, '_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_, '_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a value")
    }

    fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<(), E> {
        self.put(&Found::Text(Cow::Borrowed(text)));
        Ok(())
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<(), E> {
        self.put(&Found::Text(Cow::Owned(text.to_owned())));
        Ok(())
    }

    /// Nothing, which another path may have.
    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        for path in self.here {
            if let Some(slot) = self.picked.get_mut(path.column as usize) {
                slot.get_or_insert((usize::MAX, Found::Text(Cow::Borrowed(""))));
            }
        }
        Ok(())
    }

    fn visit_bool<E: de::Error>(self, _: bool) -> Result<(), E> {
        self.put(&Found::Other("true or false"));
        Ok(())
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<(), E> {
        self.put(&Found::Other("a number"));
        Ok(())
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<(), E> {
        self.put(&Found::Other("a number"));
        Ok(())
    }

    fn visit_f64<E: de::Error>(self, _: f64) -> Result<(), E> {
        self.put(&Found::Other("a number"));
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        self.put(&Found::Other("a list"));
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<(), A::Error> {
        if self.below.is_empty() {
            let mut map = map;
            while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        } else {
            let inner = Map {
                paths: self.below,
                picked: &mut *self.picked,
            };
            inner.visit_map(map)?;
        }
        if !self.here.is_empty() {
            self.put(&Found::Other("an object"));
        }
        Ok(())
    }
}

/// The name of a member, borrowed where it has no escapes.
struct Key<'a>(Cow<'a, str>);

impl<'de> de::Deserialize<'de> for Key<'de> {
    fn deserialize<D: Deserializer<'de>>(json: D) -> Result<Self, D::Error> {
        struct Name;

        impl<'de> Visitor<'de> for Name {
            type Value = Key<'de>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a name")
            }

            fn visit_borrowed_str<E: de::Error>(self, text: &'de str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Borrowed(text)))
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<Self::Value, E> {
                Ok(Key(Cow::Owned(text.to_owned())))
            }
        }

        json.deserialize_str(Name)
    }
}

/// The names of an object's members, for a message.
fn names(text: &[u8]) -> Vec<String> {
    let object = serde_json::from_slice::<serde_json::Map<String, serde_json::Value>>(text);
    object
        .map(|object| object.into_iter().map(|(name, _)| name).collect())
        .unwrap_or_default()
}

/// What is wrong with a JSON text, without a piece of it: the parser's own words have some.
fn broken(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "it is no object",
        _ => "it is no JSON",
    };
    format!("{what}, at byte {}", error.column())
}
