//! The commands of the guide in docs/clones.md: a guest runs what the document says.

use anyhow::{Result, ensure};

/// The section whose commands are run.
const SECTION: &str = "## Another identity on purpose";

/// The blocks of commands of the section, each named by its heading and number.
pub(super) fn blocks(page: &str) -> Result<Vec<(String, String)>> {
    let mut blocks: Vec<(String, String)> = Vec::new();
    let (mut heading, mut number) = (String::new(), 0);
    let mut block: Option<String> = None;
    let section = page.lines().skip_while(|line| *line != SECTION).skip(1);
    for line in section.take_while(|line| !line.starts_with("## ")) {
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
        "docs/clones.md has no commands in {SECTION:?}"
    );
    Ok(blocks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_named_by_heading_and_number_and_come_from_one_section_only() {
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
