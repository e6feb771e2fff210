//! The files that are generated from the definitions of `sanid-kube`, compared with the committed ones.
//! `SNAPSHOTS=overwrite cargo test -p sanid-kube --test generated` rewrites them.

use std::io;

use testkit::generated::Files;

/// The chart installs its own copy before anything else; Kustomize reads the other one.
const DEFINITIONS: [&str; 2] = ["dist/kubernetes/chart/sanid/crds", "dist/kubernetes/crds"];

#[test]
fn man_pages_follow_the_command_line() -> io::Result<()> {
    let mut files = Files::of("sanid-kube");
    files.add_man_pages("dist/kubernetes/usr", sanid_kube::cli::command())?;
    files.assert_committed()
}

#[test]
fn completions_follow_the_command_line() -> io::Result<()> {
    let mut files = Files::of("sanid-kube");
    files.add_completions("dist/kubernetes/usr", sanid_kube::cli::command())?;
    files.assert_committed()
}

#[test]
fn definitions_follow_the_resource_types() -> io::Result<()> {
    let mut files = Files::of("sanid-kube");
    for definition in sanid_kube::resources::definitions() {
        let document = serde_json::to_value(&definition)?;
        files.add_yaml(&DEFINITIONS, &definition.spec.names.plural, &document);
    }
    files.remove_other_yaml(&DEFINITIONS)?;
    files.assert_committed()
}
