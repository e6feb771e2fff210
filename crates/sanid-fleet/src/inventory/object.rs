//! A host as a JSON object: the values at the paths of the columns.

use serde_json::{Map, Value};

use super::{Column, Columns, Fault, Row, Sink};

/// The facts that Ansible gathers of one host are some hundred kilobytes.
pub(super) const LONGEST_OBJECT: usize = 4 << 20;

/// Finds the columns in objects.
pub(super) struct Picker {
    columns: Columns,
}

impl Picker {
    pub(super) fn new(columns: &Columns) -> Self {
        Self {
            columns: columns.clone(),
        }
    }

    /// Hands on the host of an object. `key` names it where the object stands below its name.
    pub(super) fn object(&self, line: u64, text: &[u8], key: Option<&str>, sink: &mut dyn Sink) {
        let object: Map<String, Value> = match serde_json::from_slice(text) {
            Ok(object) => object,
            Err(error) => return sink.bad(line, Fault::one(broken(&error))),
        };
        // Below its name, a host's name is that one, unless the command line names another.
        let key = key.filter(|_| self.columns.given(Column::Host).is_none());
        let mut row = Row::default();
        let mut found = [false; Column::ALL.len()];
        for (column, found) in Column::ALL.into_iter().zip(&mut found) {
            if let (Column::Host, Some(key)) = (column, key) {
                row.set(column, key.as_bytes());
                *found = true;
                continue;
            }
            let paths = self.columns.paths(column);
            let values = paths.into_iter().filter_map(|path| value(&object, path));
            // Null is nothing, which a different path may have.
            let value = values.reduce(|first, next| if first.is_null() { next } else { first });
            *found = value.is_some();
            match value {
                Some(Value::String(text)) => row.set(column, text.as_bytes()),
                None | Some(Value::Null) => {}
                Some(other) => {
                    let (name, what) = (column.word(), kind(other));
                    let why = format!("its {name} is {what}; it has to be a text");
                    return sink.bad(line, Fault::one(why));
                }
            }
        }
        let lacks = |column: Column| !found.get(column as usize).copied().unwrap_or_default();
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
            Some(column) => {
                let names: Vec<String> = object.into_iter().map(|(name, _)| name).collect();
                sink.bad(
                    line,
                    Fault::shared(self.columns.lacks(column, "it", &names)),
                );
            }
            None => sink.row(line, &row),
        }
    }
}

/// The value at a path of names with dots between them; a name may have dots itself.
fn value<'a>(object: &'a Map<String, Value>, path: &str) -> Option<&'a Value> {
    object.get(path).or_else(|| {
        path.match_indices('.').find_map(|(dot, _)| {
            let (name, rest) = path.split_at_checked(dot)?;
            value(object.get(name)?.as_object()?, rest.get(1..)?)
        })
    })
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

/// What is wrong with a JSON text, without a piece of it: the parser's own words have some.
fn broken(error: &serde_json::Error) -> String {
    let what = match error.classify() {
        serde_json::error::Category::Eof => "it ends too early",
        serde_json::error::Category::Data => "it is not an object",
        _ => "it is not valid JSON",
    };
    format!("{what}, at byte {}", error.column())
}
