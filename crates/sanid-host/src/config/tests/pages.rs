//! The pages that describe the configuration, held to the code.

use super::*;

#[test]
fn the_page_for_administrators_describes_every_key_and_no_other() {
    let page = include_str!("../../../../../docs/configuration.md");
    let described: Vec<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### `")?.strip_suffix('`'))
        .collect();
    assert_eq!(described, *KEYS);
}

#[test]
fn every_example_on_the_page_is_a_configuration() {
    let page = include_str!("../../../../../docs/configuration.md");
    let mut examples = 0;
    for block in page.split("```toml\n").skip(1) {
        let (example, _) = block.split_once("```").unwrap();
        load(&main_file(example)).expect(example);
        examples += 1;
    }
    assert_eq!(examples, KEYS.len());
}

#[test]
fn the_worked_example_on_the_page_is_what_happens() {
    let page = include_str!("../../../../../docs/configuration.md");
    let root = Memory::with(&[
        (
            "usr/lib/sanid/config.d/10-iqn.toml",
            "iqn-prefix = \"iqn.1994-05.com.redhat\"",
        ),
        (
            "usr/lib/sanid/config.d/50-image.toml",
            "on-existing = \"replace\"",
        ),
        (
            "etc/sanid/config.d/10-iqn.toml",
            "iqn-prefix = \"iqn.2004-05.com.example\"",
        ),
        ("etc/sanid/config.toml", "firmware = \"ignore\""),
    ])
    .node("etc/sanid/config.d/50-image.toml", Node::Mask);
    let shown: Vec<String> = load(&root)
        .unwrap()
        .explain()
        .iter()
        .map(|line| {
            let setting = format!("{} = {}", line.key, line.value);
            format!("{setting:<44}# {}\n", line.origin)
        })
        .collect();
    let shown = shown.concat();
    assert!(
        page.contains(&format!("$ sanid config\n{shown}```")),
        "{shown}"
    );
    for (path, node) in &root.nodes {
        let content = match node {
            Node::File(text) => String::from_utf8_lossy(text).into_owned(),
            _ => "-> /dev/null".to_owned(),
        };
        assert!(
            page.contains(&format!("{:<40}{content}\n", format!("/{path}"))),
            "{path}"
        );
    }
}

/// The commented templates, as installed.
const TEMPLATES: [(&str, &str); 5] = [
    (
        "10-scheme",
        include_str!("../../../../../dist/usr/share/doc/sanid/examples/10-scheme.toml"),
    ),
    (
        "20-iqn",
        include_str!("../../../../../dist/usr/share/doc/sanid/examples/20-iqn.toml"),
    ),
    (
        "30-existing",
        include_str!("../../../../../dist/usr/share/doc/sanid/examples/30-existing.toml"),
    ),
    (
        "40-pin",
        include_str!("../../../../../dist/usr/share/doc/sanid/examples/40-pin.toml"),
    ),
    (
        "50-placement",
        include_str!("../../../../../dist/usr/share/doc/sanid/examples/50-placement.toml"),
    ),
];

#[test]
fn the_templates_change_nothing_until_a_line_is_uncommented() {
    let mut offered = Vec::new();
    for (name, text) in TEMPLATES {
        assert!(
            text.lines()
                .all(|line| line.is_empty() || line.starts_with('#')),
            "{name} sets something"
        );
        let defaults = load(&Memory::default()).unwrap().explain();
        // Prose is set off by a space; what can be uncommented follows the '#' directly.
        let settings = text.lines().filter_map(|line| line.strip_prefix('#'));
        for setting in settings.filter(|line| line.starts_with(|c: char| c.is_ascii_lowercase())) {
            // The one line that needs the other's consent is the one with the fixed template.
            let lines = load(&main_file(setting)).expect(setting).explain();
            let changed = lines
                .iter()
                .find(|line| line.origin != "default")
                .expect(setting);
            offered.push(changed.key);
            let default = defaults.iter().find(|line| line.key == changed.key);
            if let Some(default) = default {
                assert_eq!(changed.value, default.value, "{name} shows another default");
            }
        }
    }
    offered.sort_unstable();
    let mut keys = KEYS.clone();
    keys.sort_unstable();
    assert_eq!(offered, keys);
}
