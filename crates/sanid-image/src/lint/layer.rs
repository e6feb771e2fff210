//! What was found in one tree or one layer, and layers on top of each other.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::rc::Rc;

use sanid_host::root::escape;

use super::finding::{Finding, LINK, NAME, NOT_A_FILE, TOO_MUCH, UNREADABLE};
use super::places::{Content, Reads, TEXT, is_above, place};
use super::scrub::Scrub;
use crate::initramfs;
use crate::limits::Limits;
use crate::report::without_ids;
use crate::uki;

/// Files of places in one image; a host with a thousand targets has some thousands of records.
const MOST: usize = 20_000;
/// Odd names that are reported; one would do.
const ODD: usize = 20;

/// What was found, and what could not be seen.
pub struct Linted {
    /// The findings by path.
    pub findings: Vec<Finding>,
    /// Why the image was not read to its end, where it was not.
    pub damage: Option<String>,
    scrub: Scrub,
}

impl Linted {
    /// The findings of a second image of the same archive, beside this one's.
    pub(crate) fn join(&mut self, other: Self) {
        for finding in other.findings {
            if !self.findings.contains(&finding) {
                self.findings.push(finding);
            }
        }
        self.scrub.merge(other.scrub);
    }

    /// Text as it may be shown: without the machine-id, and without what may be one in a path.
    pub(crate) fn shown(&self, text: &str) -> String {
        self.scrub.text(text)
    }

    /// A path as it may be shown.
    pub(crate) fn shown_path(&self, path: &str) -> String {
        self.shown(&without_ids(&escape(path.as_bytes())))
    }
}

/// The files of places in one layer, each with what was found in it, and what the layer hides of those
/// below it.
#[derive(Default, Clone)]
pub(crate) struct Layer {
    nodes: BTreeMap<String, Vec<Finding>>,
    /// Links, with where they lead below the root.
    links: BTreeMap<String, Vec<u8>>,
    /// Paths whose lower layers are gone, with all that is below them.
    hidden: BTreeSet<String>,
    /// Directories of which only what is below is gone.
    opaque: BTreeSet<String>,
    notes: Vec<Finding>,
    full: bool,
    /// How much is kept in all layers of one archive.
    kept: Rc<Cell<usize>>,
    /// Which names of layers in an archive are others': `docker save` of old made links.
    aliases: BTreeMap<String, String>,
    pub(crate) scrub: Scrub,
}

impl Layer {
    /// One of several layers, with one bound on what they keep.
    pub(crate) fn of(kept: &Rc<Cell<usize>>) -> Self {
        Self {
            kept: Rc::clone(kept),
            ..Self::default()
        }
    }

    /// What was seen of the archive itself, beside its layers.
    pub(crate) fn take_notes(&mut self, of: &Self) {
        self.notes.extend(of.notes.iter().cloned());
    }

    /// The name under which a layer was read.
    pub(crate) fn alias<'n>(&'n self, name: &'n str) -> &'n str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// A regular file.
    pub(crate) fn file(&mut self, path: &str, from: &mut dyn Read) {
        let Some(place) = place(path) else {
            self.covers(path);
            return;
        };
        if !self.room(path) {
            return;
        }
        let mut findings = Vec::new();
        let content = match place.reads {
            Reads::Image => Content::Image(initramfs::read(from, &Limits::default())),
            Reads::Unified => Content::Unified(uki::read(from, &Limits::default())),
            Reads::Text | Reads::MachineId => {
                let mut bytes = Vec::new();
                let most = TEXT as u64 + 1;
                if let Err(error) = from.take(most).read_to_end(&mut bytes) {
                    let seen = escape(error.to_string().as_bytes());
                    findings.push(Finding::by_hand(
                        &UNREADABLE,
                        path,
                        seen,
                        crate::lint::finding::rm(path),
                    ));
                }
                if bytes.len() > TEXT {
                    bytes.truncate(TEXT);
                    let seen = format!("it is longer than {TEXT} bytes; the rest was not read");
                    findings.push(Finding::by_hand(
                        &TOO_MUCH,
                        path,
                        seen,
                        crate::lint::finding::rm(path),
                    ));
                }
                Content::Text(bytes)
            }
        };
        if let (Reads::MachineId, Content::Text(bytes)) = (place.reads, &content) {
            self.scrub.learn(bytes);
        }
        findings.extend((place.judge)(path, &content));
        self.put(path, findings);
    }

    /// A symbolic link: if its target is listed, the target is read itself.
    pub(crate) fn link(&mut self, path: &str, target: &[u8]) {
        if path.ends_with("/layer.tar") && self.aliases.len() < MOST {
            let target = crate::cpio::path(&[path.as_bytes(), b"/../", target].concat());
            let target = String::from_utf8_lossy(&target).into_owned();
            self.aliases.insert(path.to_owned(), target);
            return;
        }
        if place(path).is_none() && !is_above(path) {
            return;
        }
        if self.room(path) {
            self.put(path, Vec::new());
            let absolute = target.first() == Some(&b'/');
            let parent = path.rsplit_once('/').map_or("", |(parent, _)| parent);
            let joined = if absolute {
                target.to_vec()
            } else {
                [parent.as_bytes(), b"/", target].concat()
            };
            self.links
                .insert(path.to_owned(), crate::cpio::path(&joined));
        }
    }

    /// Another name of a file that came before.
    pub(crate) fn hard_link(&mut self, path: &str, target: &str) {
        if place(path).is_none() {
            self.covers(path);
            return;
        }
        if !self.room(path) {
            return;
        }
        let findings = match self.nodes.get(target) {
            Some(findings) => findings
                .iter()
                .map(|one| Finding {
                    path: path.to_owned(),
                    ..one.clone()
                })
                .collect(),
            None => vec![led_away(path, target.as_bytes())],
        };
        self.put(path, findings);
    }

    /// Neither a file nor a directory nor a link.
    pub(crate) fn other(&mut self, path: &str, kind: &str) {
        let findings = match place(path) {
            Some(_) => {
                let fix = crate::lint::finding::rm(path);
                vec![Finding::by_hand(
                    &NOT_A_FILE,
                    path,
                    format!("it is {kind}"),
                    fix,
                )]
            }
            None if is_above(path) => Vec::new(),
            None => return,
        };
        if self.room(path) {
            self.put(path, findings);
        }
    }

    /// A directory, which replaces an earlier entry of its name.
    pub(crate) fn directory(&mut self, path: &str) {
        let is_place =
            place(path).is_some_and(|place| !place.patterns.iter().any(|one| one.ends_with("**")));
        // A directory has no fifo's dangers; a place of records has directories.
        if is_place && !is_above(path) && self.room(path) {
            self.nodes.insert(path.to_owned(), Vec::new());
        }
    }

    /// A name with `..`, or one that is not text.
    pub(crate) fn odd_name(&mut self, name: &[u8], what: &str) {
        if self.notes.len() < ODD {
            let fix = "build the image with the distribution's own tools".to_owned();
            let path = String::from_utf8_lossy(name).into_owned();
            self.notes
                .push(Finding::by_hand(&NAME, &path, what.to_owned(), fix));
        }
    }

    /// A fault of the layer that does not concern one of the files.
    pub(crate) fn note(&mut self, finding: Finding) {
        self.notes.push(finding);
    }

    /// `.wh.NAME`: the lower layers' file or directory is gone.
    pub(crate) fn hide(&mut self, path: &str) {
        if (place(path).is_some() || is_above(path)) && self.room(path) {
            self.hidden.insert(path.to_owned());
        }
    }

    /// `.wh..wh..opq`: what the lower layers have in this directory is gone.
    pub(crate) fn hide_below(&mut self, path: &str) {
        if (path.is_empty() || is_above(path)) && self.room(path) {
            self.opaque.insert(path.to_owned());
        }
    }

    /// A file where directories of places would be hides what is below it.
    fn covers(&mut self, path: &str) {
        if is_above(path) && self.room(path) {
            self.put(path, Vec::new());
        }
    }

    fn put(&mut self, path: &str, findings: Vec<Finding>) {
        self.links.remove(path);
        self.nodes.insert(path.to_owned(), findings);
    }

    fn room(&mut self, path: &str) -> bool {
        if self.nodes.contains_key(path) {
            return true;
        }
        if self.kept.get() < MOST {
            self.kept.set(self.kept.get() + 1);
            return true;
        }
        if !self.full {
            self.full = true;
            let seen =
                format!("more than {MOST} files where an identity may be; the rest were not read");
            let fix = "remove what no distribution makes, and lint again".to_owned();
            self.notes
                .push(Finding::by_hand(&TOO_MUCH, path, seen, fix));
        }
        false
    }

    /// Puts a layer on top of this one.
    pub(crate) fn cover(&mut self, upper: Self) {
        let gone = |path: &str| {
            let covered = |top: &str| {
                upper.hidden.contains(top)
                    || upper.opaque.contains(top)
                    || upper.nodes.contains_key(top)
            };
            upper.hidden.contains(path) || upper.opaque.contains("") || above(path).any(covered)
        };
        self.nodes.retain(|path, _| !gone(path));
        self.links
            .retain(|path, _| !gone(path) && !upper.nodes.contains_key(path));
        self.nodes.extend(upper.nodes);
        self.links.extend(upper.links);
        self.notes.extend(upper.notes);
        self.scrub.merge(upper.scrub);
    }

    /// The findings, once the whole image was seen.
    pub(crate) fn done(self, damage: Option<String>) -> Linted {
        let mut findings = self.notes;
        for (path, target) in &self.links {
            let target_text = String::from_utf8_lossy(target);
            let known = self.nodes.contains_key(target_text.as_ref())
                || place(&target_text).is_some()
                || is_above(&target_text)
                || target_text == "dev/null"
                || target_text.is_empty();
            if !known {
                findings.push(led_away(path, target));
            }
        }
        findings.extend(self.nodes.into_values().flatten());
        findings.sort_by(|a, b| a.path.cmp(&b.path).then(a.rule.code.cmp(b.rule.code)));
        Linted {
            findings,
            damage,
            scrub: self.scrub,
        }
    }
}

/// The directories above a path.
fn above(path: &str) -> impl Iterator<Item = &str> {
    path.match_indices('/')
        .filter_map(move |(at, _)| path.get(..at))
}

fn led_away(path: &str, target: &[u8]) -> Finding {
    let target = escape(target);
    let seen = format!("it leads to /{target}, which a stream does not show at this point");
    let fix = format!("unpack the image and lint it with --root, or read /{target}");
    Finding::by_hand(&LINK, path, seen, fix)
}
