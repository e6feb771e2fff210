//! What was found in one tree or one layer, and layers on top of each other.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::rc::Rc;

use sanid_host::root::escape;

use super::finding::{Finding, LINK, NAME, NOT_A_FILE, TOO_MUCH, UNREADABLE, rm};
use super::places::{Content, Place, Reads, TEXT, is_above, place};
use super::scrub::Scrub;
use super::shape::Top;
use crate::budget::{Budget, Spent};
use crate::initramfs;
use crate::limits::Limits;
use crate::report::without_ids;
use crate::uki;

/// Files of places in one image; a host with a thousand targets has some thousands of records.
const MOST: usize = 20_000;
/// Odd names that are reported; one would do.
const ODD: usize = 20;
/// Links that follow each other (`MAXSYMLINKS` in Linux).
const LINKS: usize = 40;
const FEWER: &str = "remove the files that do not belong in an image, and lint again";

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
    /// How much is kept in all layers of one archive; clones share it.
    kept: Rc<Cell<usize>>,
    /// How much work the image may still ask for; clones share it.
    pub(crate) budget: Budget,
    /// Which names of layers in an archive are others': `docker save` of old made links.
    aliases: BTreeMap<String, String>,
    /// Paths that a link has, or leads to, where one of both is a place.
    linked: BTreeSet<String>,
    pub(crate) scrub: Scrub,
    /// What an archive is, by its paths.
    pub(crate) top: Top,
}

impl Layer {
    /// The name under which a layer was read.
    pub(crate) fn alias<'n>(&'n self, name: &'n str) -> &'n str {
        self.aliases.get(name).map_or(name, String::as_str)
    }

    /// A regular file of this size.
    pub(crate) fn file(&mut self, path: &str, size: u64, from: &mut dyn Read) {
        if self.linked.contains(path) {
            let what =
                "a file comes after a link with its name, and some programs write through the link";
            self.odd_name(path.as_bytes(), what);
        }
        let Some(place) = place(path) else {
            self.covers(path);
            return;
        };
        // What a spent budget leaves out is noted once.
        if !self.room(path) || self.budget.is_spent() {
            return;
        }
        let limits = Limits::default();
        let is_image = matches!(place.reads, Reads::Image | Reads::Unified);
        if is_image && size > limits.output {
            let seen = format!("it has {size} bytes, more than a boot loader can load; not read");
            let finding = Finding::by_hand(&TOO_MUCH, path, seen, rm(path));
            self.put(path, vec![finding]);
            return;
        }
        let mut findings = Vec::new();
        let content = match place.reads {
            Reads::Image => Content::Image(initramfs::read_within(from, &limits, &self.budget)),
            Reads::Unified => Content::Unified(uki::read_within(from, &limits, &self.budget)),
            Reads::Text | Reads::MachineId => {
                Content::Text(text(path, self.budget.of(from), &mut findings))
            }
        };
        if let (Reads::MachineId, Content::Text(bytes)) = (place.reads, &content) {
            self.scrub.learn(bytes);
        }
        findings.extend((place.judge)(path, &content));
        if self.budget.is_spent() && !self.full {
            self.full = true;
            let seen = format!("{Spent}; the rest was not read");
            self.notes
                .push(Finding::by_hand(&TOO_MUCH, path, seen, FEWER.to_owned()));
        }
        self.put(path, findings);
    }

    /// A symbolic link: if its target is listed, the target is read itself.
    pub(crate) fn link(&mut self, path: &str, target: &[u8]) {
        let target = if target.first() == Some(&b'/') {
            crate::cpio::path(target)
        } else {
            crate::cpio::path(&[path.as_bytes(), b"/../", target].concat())
        };
        let text = String::from_utf8_lossy(&target);
        self.linked(path, &text);
        if place(path).is_some() || is_above(path) || is_above(&text) {
            if self.room(path) {
                self.add(path, Vec::new());
                self.links.insert(path.to_owned(), target);
            }
        } else if path.ends_with("/layer.tar") && self.aliases.len() < MOST {
            self.aliases.insert(path.to_owned(), text.into_owned());
        }
    }

    /// The place that a path leads to by way of the links that came before it, or the path itself.
    pub(crate) fn resolved(&self, path: String) -> String {
        let mut real = path.clone();
        for _ in 0..LINKS {
            let by_link = |parent: &str| {
                let target = String::from_utf8_lossy(self.links.get(parent)?);
                Some(format!("{target}{}", real.get(parent.len()..)?))
            };
            let next = above(&real).find_map(by_link);
            let Some(next) = next.filter(|_| place(&real).is_none()) else {
                return real;
            };
            real = next;
        }
        path
    }

    fn linked(&mut self, path: &str, target: &str) {
        let is_place = place(path).is_some() || place(target).is_some();
        if is_place && self.room(path) {
            self.linked.extend([path, target].map(str::to_owned));
        }
    }

    /// Another name of a file that came before.
    pub(crate) fn hard_link(&mut self, path: &str, target: &str) {
        self.linked(path, target);
        if place(path).is_none() {
            self.covers(path);
            return;
        }
        if !self.room(path) {
            return;
        }
        // The content was judged as that of the first name; a different reader may take more from it.
        let same = |one: &'static Place, other: &'static Place| std::ptr::eq(one, other);
        let is_same = place(target)
            .zip(place(path))
            .is_some_and(|(a, b)| same(a, b));
        let findings = match self.nodes.get(target).filter(|_| is_same) {
            Some(findings) => findings
                .iter()
                .map(|one| Finding {
                    path: path.to_owned(),
                    ..one.clone()
                })
                .collect(),
            None => vec![led_away(path, target.as_bytes())],
        };
        self.add(path, findings);
    }

    /// Neither a file nor a directory nor a link.
    pub(crate) fn other(&mut self, path: &str, kind: &str) {
        let findings = match place(path) {
            Some(_) => {
                let seen = format!("it is {kind}");
                vec![Finding::by_hand(&NOT_A_FILE, path, seen, rm(path))]
            }
            None if is_above(path) => Vec::new(),
            None => return,
        };
        if self.room(path) {
            self.add(path, findings);
        }
    }

    /// A directory, which replaces an earlier entry of its name.
    pub(crate) fn directory(&mut self, path: &str) {
        let is_place =
            place(path).is_some_and(|place| !place.patterns.iter().any(|one| one.ends_with("**")));
        // A directory has no fifo's dangers; a place of records has directories.
        if is_place && !is_above(path) && self.room(path) {
            self.add(path, Vec::new());
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

    /// Adds to what an earlier entry of the name had: a program may leave that in place.
    fn add(&mut self, path: &str, findings: Vec<Finding>) {
        self.links.remove(path);
        let node = self.nodes.entry(path.to_owned()).or_default();
        let new = findings.into_iter();
        let new: Vec<Finding> = new.filter(|one| !node.contains(one)).collect();
        node.extend(new);
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
            self.notes
                .push(Finding::by_hand(&TOO_MUCH, path, seen, FEWER.to_owned()));
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
        let spent = self.budget.is_spent().then(|| Spent.to_string());
        let damage = damage.or(spent);
        Linted {
            findings,
            damage,
            scrub: self.scrub,
        }
    }
}

/// What a file holds that is read as text.
fn text(path: &str, from: impl Read, findings: &mut Vec<Finding>) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Err(error) = from.take(TEXT as u64 + 1).read_to_end(&mut bytes) {
        let seen = escape(error.to_string().as_bytes());
        findings.push(Finding::by_hand(&UNREADABLE, path, seen, rm(path)));
    }
    if bytes.len() > TEXT {
        bytes.truncate(TEXT);
        let seen = format!("it is longer than {TEXT} bytes; the rest was not read");
        findings.push(Finding::by_hand(&TOO_MUCH, path, seen, rm(path)));
    }
    bytes
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

#[cfg(test)]
mod tests;
