//! Any output of a target, alone and as two snapshots: the document about it is read again as itself.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_fleet::sessions::compare;

fuzz_target!(|data: &[u8]| {
    let text = |files: Vec<(&str, &[u8])>| {
        serde_json::to_string(&compare(files)).expect("a document is JSON")
    };
    for files in [vec![("a", data)], vec![("a", data), ("b", data)]] {
        let document = text(files);
        assert!(!document.contains(|char: char| char.is_control()));
        let again = text(vec![("again", document.as_bytes())]);
        let names = |text: &str| {
            let document: serde_json::Value = serde_json::from_str(text).expect("JSON");
            document["names"].clone()
        };
        assert_eq!(names(&again), names(&document));
    }
});
