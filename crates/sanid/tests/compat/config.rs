//! Configuration: every key means what it meant.

use std::path::Path;

use crate::kept::assert_kept;
use crate::releases::releases;
use crate::{command, ran, sanid};

#[test]
fn every_key_has_its_value_and_its_origin() {
    for release in releases() {
        for (tree, document) in [
            ("config", "config-files.json"),
            ("config-template", "config-template.json"),
        ] {
            let host = release.copy(tree);
            let config = sanid(host.path(), &["config", "--format", "json"]).expect(0);
            let before = release.json(&format!("documents/{document}"));
            let config = config.json(host.path());
            assert_kept(&before, &config, document);
        }
    }
}

/// No key is missing from the trees: a new release with a new key fails here until its tree has it.
#[test]
fn the_trees_set_every_key() {
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
    for key in sanid_host::config::KEYS {
        assert!(
            set.iter().any(|one| one == key),
            "{key} is in no tree of tests/compat/{}",
            release.version
        );
    }
}

/// Credentials belong to the running host.
#[test]
fn a_credential_sets_what_it_did() {
    for release in releases() {
        let mut show = command(&["config", "--format", "json", "--root", "/"]);
        show.env("CREDENTIALS_DIRECTORY", release.path("config/credentials"));
        let config = ran(&mut show).expect(0).json(Path::new("no root"));
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
fn the_identity_of_a_template_and_of_another_scheme_is_the_same() {
    for release in releases() {
        let host = release.copy("config-template");
        let shown = sanid(host.path(), &["show", "--format", "json"]).expect(0);
        let before = release.json("documents/show-template.json");
        assert_eq!(
            before["iqn"],
            "iqn.2004-05.com.example:templated.example.com"
        );
        assert_eq!(before["scheme"], "nvme-stas");
        assert_kept(&before, &shown.json(host.path()), "show-template.json");
    }
}
