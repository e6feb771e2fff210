//! Configuration: no key changes its meaning.

use testkit::Ran;

use crate::kept::assert_kept;
use crate::releases::releases;
use crate::{command, json, sanid};

#[test]
fn every_key_keeps_its_value_and_origin() {
    for release in releases() {
        for (tree, document) in [
            ("config", "config-files.json"),
            ("config-template", "config-template.json"),
        ] {
            let host = release.copy(tree);
            let config = sanid(host.path(), &["config", "--format", "json"]).expect(0);
            let before = release.json(&format!("documents/{document}"));
            let config = json(&config, host.path());
            assert_kept(&before, &config, document);
        }
    }
}

/// Keys that no release has yet.
const UNRELEASED: [&str; 1] = ["pin.verbatim"];

/// A release that adds a key fails here until its tree sets it.
#[test]
fn release_trees_set_every_key() {
    let release = releases().pop().unwrap();
    let mut set = Vec::new();
    for document in ["config-files", "config-template", "config-credential"] {
        let config = release.json(&format!("documents/{document}.json"));
        for setting in config["settings"].as_array().unwrap() {
            if setting["origin"] != "default" {
                set.push(setting["key"].as_str().unwrap().to_owned());
            }
        }
    }
    let keys = sanid_host::config::KEYS.iter();
    for key in keys.filter(|key| !UNRELEASED.contains(key)) {
        assert!(
            set.iter().any(|one| one == key),
            "{key} is in no tree of tests/compat/{}",
            release.version
        );
    }
}

/// Credentials belong to the running host.
#[test]
fn credentials_set_the_same_keys() {
    for release in releases() {
        let mut show = command(&["config", "--format", "json", "--root", "/"]);
        show.env("CREDENTIALS_DIRECTORY", release.path("config/credentials"));
        let config = Ran::of(&mut show).expect(0).json();
        let before = release.json("documents/config-credential.json");
        for key in ["on-existing", "pin.iqn"] {
            let of = |document: &serde_json::Value| {
                let settings = document["settings"].as_array().unwrap().clone();
                settings.into_iter().find(|one| one["key"] == key).unwrap()
            };
            assert_eq!(of(&config), of(&before));
            assert!(
                of(&config)["origin"]
                    .as_str()
                    .unwrap()
                    .starts_with("credential sanid.config:"),
            );
        }
    }
}

#[test]
fn a_template_with_another_scheme_gives_the_same_identity() {
    for release in releases() {
        let host = release.copy("config-template");
        let shown = sanid(host.path(), &["show", "--format", "json"]).expect(0);
        let before = release.json("documents/show-template.json");
        assert_eq!(
            before["iqn"],
            "iqn.2004-05.com.example:templated.example.com"
        );
        assert_eq!(before["scheme"], "nvme-stas");
        assert_kept(&before, &json(&shown, host.path()), "show-template.json");
    }
}
