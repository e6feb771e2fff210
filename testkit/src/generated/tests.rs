use clap::Command;
use tempfile::TempDir;

use super::*;

/// A repository with the hand-written parts of two programs; one name begins with the other.
fn repository() -> TempDir {
    let root = tempfile::tempdir().unwrap();
    for program in ["tool", "tool-box"] {
        put(
            root.path(),
            &format!("docs/man/{program}.8.in"),
            ".SH NOTES\n",
        );
    }
    root
}

fn put(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn tool() -> Command {
    Command::new("tool")
        .version("1.2.3")
        .about("A tool")
        .subcommand(Command::new("run").about("Run it"))
        .subcommand(Command::new("secret").hide(true))
        .subcommand(Command::new("box").display_name("tool-box"))
}

fn pages(root: &Path) -> Files {
    let mut files = Files::below(root.to_owned(), "tool");
    files.add_man_pages("dist/usr", tool()).unwrap();
    files
}

#[test]
fn pages_are_made_for_visible_subcommands_that_are_not_programs() {
    let root = repository();
    let files = pages(root.path());
    let names: Vec<_> = files
        .texts
        .keys()
        .map(|path| path.file_name().unwrap().to_str().unwrap())
        .collect();
    assert_eq!(names, ["tool-run.8", "tool.8"]);
}

#[test]
fn written_files_match_afterwards() {
    let root = repository();
    let files = pages(root.path());
    let differences = files.differences().unwrap();
    assert_eq!(differences.len(), 2);
    let mut log = Vec::new();
    files.write(&differences, &mut log).unwrap();
    assert_eq!(
        String::from_utf8(log).unwrap(),
        "wrote dist/usr/share/man/man8/tool-run.8\nwrote dist/usr/share/man/man8/tool.8\n"
    );
    assert!(pages(root.path()).differences().unwrap().is_empty());
}

#[test]
fn only_generated_pages_of_this_program_are_stale() {
    let root = repository();
    let page = |name: &str| format!("dist/usr/share/man/man8/{name}");
    put(root.path(), &page("tool-gone.8"), man::MARK);
    put(root.path(), &page("tool-byhand.8"), ".TH BYHAND 8\n");
    put(root.path(), &page("tool-box-open.8"), man::MARK);
    put(
        root.path(),
        "dist/kubernetes/usr/share/man/man8/tool-moved.8",
        man::MARK,
    );
    let files = pages(root.path());
    let stale: Vec<_> = files
        .texts
        .iter()
        .filter(|(_, text)| text.is_none())
        .map(|(path, _)| path.to_str().unwrap())
        .collect();
    assert_eq!(
        stale,
        [
            "dist/kubernetes/usr/share/man/man8/tool-moved.8",
            "dist/usr/share/man/man8/tool-gone.8"
        ]
    );
    files
        .write(&files.differences().unwrap(), &mut io::sink())
        .unwrap();
    assert!(!root.path().join(page("tool-gone.8")).exists());
    assert!(root.path().join(page("tool-box-open.8")).exists());
}

#[test]
fn yaml_that_is_not_generated_any_more_is_stale() {
    let root = repository();
    put(root.path(), "crds/gone.yaml", yaml::MARK);
    put(root.path(), "crds/kustomization.yaml", "resources: []\n");
    let mut files = Files::below(root.path().to_owned(), "tool");
    files.add_yaml(&["crds"], "kept", &serde_json::json!({"a": 1}));
    files.remove_other_yaml(&["crds"]).unwrap();
    let paths: Vec<_> = files.texts.keys().map(|path| path.to_str()).collect();
    assert_eq!(paths, [Some("crds/gone.yaml"), Some("crds/kept.yaml")]);
}

#[test]
fn report_names_the_files_the_lines_and_the_command() {
    let root = repository();
    let files = pages(root.path());
    files
        .write(&files.differences().unwrap(), &mut io::sink())
        .unwrap();
    let path = "dist/usr/share/man/man8/tool.8";
    let text = fs::read_to_string(root.path().join(path)).unwrap();
    put(root.path(), path, &text.replace("A tool", "A hammer"));
    fs::remove_file(root.path().join("dist/usr/share/man/man8/tool-run.8")).unwrap();

    let report = report("tool", &pages(root.path()).differences().unwrap());
    for expected in [
        "\ndist/usr/share/man/man8/tool.8\n--- committed\n+++ generated\n",
        "\n-tool \\- A hammer\n+tool \\- A tool\n",
        "\ndist/usr/share/man/man8/tool-run.8 (missing)\n",
        "SNAPSHOTS=overwrite cargo test -p tool --test generated",
    ] {
        assert!(report.contains(expected), "{expected:?} in\n{report}");
    }
}

#[test]
fn long_diffs_are_cut() {
    let lines = |word: &str| format!("{word}\n").repeat(500);
    let diff = short_diff(&lines("old"), &lines("new"));
    assert_eq!(diff.lines().count(), LONGEST_DIFF + 1);
    assert!(diff.ends_with("… and 963 more lines\n"), "{diff}");
}
