//! Which name each program takes, where that is not the one in the identity files.

use crate::facts::Facts;
use crate::file::{Disk, IdentityFile};
use crate::observed::Observed;
use crate::own::OwnName;
use crate::parse::ReaderView;
use crate::part::{Names, Part, part_of};
use crate::root::escape;

/// What one program takes in place of the names in the identity files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReaderName {
    /// The program.
    pub reader: &'static str,
    /// The part of the identity.
    pub part: Part,
    /// The names that differ; all empty where the program takes none.
    pub names: Names,
    /// Where it takes them from: `/FILE`, or `/FILE:LINE`.
    pub from: String,
    /// Why it does not take the file's name, where it refuses that.
    pub why: Option<String>,
}

/// The programs that do not take the names in the identity files.
pub fn differing(facts: &Facts) -> Vec<ReaderName> {
    let files = IdentityFile::ALL.into_iter();
    let mut all: Vec<ReaderName> = files.flat_map(|file| of_file(&facts.disk, file)).collect();
    let own = own_names(facts).iter().filter(|own| differs(facts, own));
    all.extend(own.map(|own| ReaderName {
        reader: own.reader.name,
        part: own.reader.part,
        names: own.own.names.clone(),
        from: own.place(),
        why: None,
    }));
    all
}

/// The names that programs take from configurations of their own.
pub(crate) fn own_names(facts: &Facts) -> &[OwnName] {
    match &facts.others.own_names {
        Observed::Saw(own) => &own.names,
        Observed::NotLooked | Observed::Failed(_) => &[],
    }
}

/// Whether an own name is not the one in the identity files, nor that of an adapter which logs in by itself.
pub(crate) fn differs(facts: &Facts, own: &OwnName) -> bool {
    let of_adapter = |iqn: &str| {
        let mut adapters = facts.live.iscsi_hosts.seen().iter();
        adapters.any(|adapter| adapter.offload && adapter.initiator == iqn)
    };
    let is_other = |file: &IdentityFile| {
        let here = facts.disk.effective_text(*file).unwrap_or_default();
        let name = own.own.names.of(*file).filter(|name| !of_adapter(name));
        name.is_some_and(|name| !file.is_same(name, &here))
    };
    IdentityFile::ALL.iter().any(is_other)
}

/// The readers of a file that do not take its name, and would take it if sanid wrote the file.
pub(crate) fn disagreement(disk: &Disk, file: IdentityFile) -> Vec<ReaderView> {
    let value = disk.effective_text(file).map(|value| file.bytes(&value));
    if value.as_deref() == disk.file(file).bytes() {
        return Vec::new();
    }
    others(disk, file)
}

/// The readers of a file that do not take its name.
pub(crate) fn others(disk: &Disk, file: IdentityFile) -> Vec<ReaderView> {
    let (Some(bytes), Some(value)) = (disk.file(file).bytes(), disk.effective_text(file)) else {
        return Vec::new();
    };
    let mut others = file.readers(bytes);
    // ZStack's plug-in takes the comment above Debian's own name. That is so on every Debian, and no array knows it.
    others.retain(|view| {
        let taken = view.value.as_deref();
        taken != Ok(&value) && !taken.is_ok_and(|taken| taken.starts_with('#'))
    });
    others
}

fn of_file(disk: &Disk, file: IdentityFile) -> Vec<ReaderName> {
    let one = |view: ReaderView| {
        let (instead, from) = match (file.kind().instead)(disk, &view) {
            Some((name, from)) => (Some(name), from),
            None => (None, file),
        };
        let (name, why) = match view.value {
            Ok(value) => (Some(escape(value.as_bytes())), None),
            Err(hazard) => (instead, Some(escape(hazard.to_string().as_bytes()))),
        };
        let mut names = Names::default();
        names.set(file, name);
        ReaderName {
            reader: view.reader,
            part: part_of(file),
            names,
            from: format!("/{}", from.path()),
            why,
        }
    };
    others(disk, file).into_iter().map(one).collect()
}

#[cfg(test)]
mod tests;
