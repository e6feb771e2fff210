//! The guide in docs/clones.md, followed step by step in a whole Debian: the commands that run in the
//! guest are those of the document.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Result, ensure};

use super::artefacts;
use super::case::{Bench, Boot, Case, Debian};
use super::nspawn::script;
use super::qemu;
use super::tree::Tree;
use crate::place::output;

/// The part of the document whose commands are run.
const PART: &str = "## Another identity on purpose";

/// A network card for the hardware record; nothing is at the other end of it.
const CARD: &str = "virtio-net-pci,romfile=,mac=52:54:00:00:00:01";

/// Boots a host that is its own target, and follows the guide there.
pub(super) fn run(
    bench: &Bench<'_>,
    case: &Case,
    debian: Debian,
    body: &'static str,
) -> Result<()> {
    let work = bench.work(case);
    let boot = Boot {
        before: &[],
        script: body,
        arguments: "",
        options: &[],
    };
    let image = {
        let tree = Tree::new(bench, debian, &work)?;
        add_modules(bench, debian, &tree.root())?;
        tree.write("vm/case.sh", &script(bench, &boot, "set --")?)?;
        for name in ["targets.sh", "io.py"] {
            let text = fs::read_to_string(bench.guest_file(name))?;
            tree.write(&format!("vm/{name}"), &text)?;
        }
        let page = fs::read_to_string(bench.place.root.join("docs/clones.md"))?;
        for (name, commands) in blocks(&page)? {
            tree.write(&format!("vm/guide/{name}.sh"), &commands)?;
        }
        qemu::disk_of(&tree, &work)?
    };
    qemu::boot_disk(bench, case, debian, &image, &boot, &["-device", CARD])
}

/// The kernel's modules, where modprobe and udev look for them.
fn add_modules(bench: &Bench<'_>, debian: Debian, root: &Path) -> Result<()> {
    let modules = artefacts::kernel(bench, debian.kernel())?.join("lib/modules");
    let mut copy = Command::new("cp");
    copy.arg("-a").arg(modules).arg(root.join("usr/lib"));
    output(&mut copy).map(drop)
}

/// The blocks of commands of the part, each named by its heading and number.
fn blocks(page: &str) -> Result<Vec<(String, String)>> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let (mut heading, mut number) = (String::new(), 0);
    let mut block: Option<String> = None;
    let part = page.lines().skip_while(|line| *line != PART).skip(1);
    for line in part.take_while(|line| !line.starts_with("## ")) {
        match (line.trim(), &mut block) {
            ("```sh", None) => block = Some(String::new()),
            ("```", Some(_)) => {
                number += 1;
                let commands = block.take().unwrap_or_default();
                blocks.push((format!("{heading}/{number}"), commands));
            }
            (command, Some(text)) => {
                text.push_str(command);
                text.push('\n');
            }
            (text, None) => {
                if let Some(title) = text.strip_prefix("### ") {
                    (heading, number) = (title.replace(['/', ' '], "-"), 0);
                }
            }
        }
    }
    ensure!(
        !blocks.is_empty(),
        "docs/clones.md has no commands in {PART:?}"
    );
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_named_by_heading_and_number_and_come_from_one_part_only() {
        let page = "```sh\nno\n```\n## Another identity on purpose\n### While I/O goes on\n\
                    1. so\n   ```sh\n   one\n   two\n   ```\n```sh\nthree\n```\n\
                    ### After\n```toml\nno\n```\n```sh\nfour\n```\n## Other\n```sh\nno\n```\n";
        let found = blocks(page).unwrap();
        let expected = [
            ("While-I-O-goes-on/1", "one\ntwo\n"),
            ("While-I-O-goes-on/2", "three\n"),
            ("After/1", "four\n"),
        ];
        assert_eq!(found.len(), expected.len(), "{found:?}");
        for ((name, commands), (is, has)) in found.iter().zip(expected) {
            assert_eq!((name.as_str(), commands.as_str()), (is, has));
        }
    }
}
