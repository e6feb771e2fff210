//! Any file, alone and beside a copy of itself: every count holds, and what is shown is printable.
#![no_main]

use libfuzzer_sys::fuzz_target;
use sanid_fleet::duplicates::find;
use serde_json::Value;

fuzz_target!(|data: &[u8]| {
    for files in [vec![("a.txt", data)], vec![("a.txt", data), ("b.txt", data)]] {
        let document = serde_json::to_value(find(files)).expect("a document is JSON");
        let names = document["names"].as_array().expect("a list of names");
        let found = document["found"].as_u64().expect("a number");
        assert!(names.len() as u64 <= found, "{document}");
        for name in names {
            assert!(is_printable(&name["name"]), "{name}");
            let holders = ["hosts", "groups"].map(|of| name[of].as_array().expect("a list"));
            let places = name["unnamed"].as_array().expect("a list").len();
            let ids = name["hostIds"].as_array().expect("a list").len();
            let addresses = name["addresses"].as_array().expect("a list").len();
            let all = holders.map(Vec::len).iter().sum::<usize>() + places + ids + addresses;
            assert!(all > 1, "{name} has one holder");
            for holder in holders.into_iter().flatten() {
                assert!(is_printable(&holder["name"]), "{holder}");
            }
        }
        for line in document["notRead"].as_array().expect("a list") {
            assert!(is_printable(line), "{line}");
        }
    }
});

fn is_printable(text: &Value) -> bool {
    let text = text.as_str().expect("a text");
    !text.chars().any(char::is_control)
}
