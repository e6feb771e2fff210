//! What a power cut needs and a killed process does not show: the content is on
//! stable storage before a name points to it, and the name soon after.

use super::Scenario;
use super::support::trace::Call;

/// For every file that takes its place: fsync of it before the rename, fsync of
/// its directory after the rename.
pub(crate) fn stored(scenario: &Scenario) {
    let calls = scenario.calls();
    let mut renames = 0;
    for (index, call) in calls.iter().enumerate() {
        let Some(source) = renamed(call) else {
            continue;
        };
        renames += 1;
        let (before, after) = calls.split_at(index);
        let file = format!("/{source}>");
        let (directory, _) = call.text.split_once(", ").unwrap();
        let (_, directory) = directory.split_once('<').unwrap();
        assert!(
            before
                .iter()
                .any(|call| is_sync(call) && call.text.contains(&file)),
            "not stored before it: {}",
            call.text
        );
        let directory = format!("<{directory})");
        assert!(
            after
                .iter()
                // What was there before is let go only then.
                .take_while(|call| call.name != "unlinkat")
                .any(|call| is_sync(call) && call.text.contains(&directory)),
            "its name is not stored: {}",
            call.text
        );
    }
    for call in &calls {
        // A file with that name is neither written to nor followed.
        let made = call.name.starts_with("openat") && call.text.contains(".sanid-tmp");
        let alone = call.text.contains("O_EXCL") && call.text.contains("O_NOFOLLOW");
        assert!(!made || alone, "not made anew: {}", call.text);
    }
    assert!(renames >= 3, "three files take their places: {calls:#?}");
}

/// The temporary name that a rename takes into its place.
fn renamed(call: &Call) -> Option<&str> {
    if !call.name.starts_with("rename") {
        return None;
    }
    let (_, rest) = call.text.split_once('"')?;
    let (source, _) = rest.split_once('"')?;
    source.contains(".sanid-tmp").then_some(source)
}

fn is_sync(call: &Call) -> bool {
    matches!(call.name.as_str(), "fsync" | "fdatasync")
}
