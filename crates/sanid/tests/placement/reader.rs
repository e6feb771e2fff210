//! A reader that opens the files as fast as it can while the identity changes below them.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::scene;

/// The directory to read, for this program run as the reader.
const VARIABLE: &str = "SANID_TEST_READER";

const SCRIPT: &str = r#"
if [ "$1" = files ]; then placeholders; else mkdir -p "$root/etc/iscsi" "$root/etc/nvme"; neighbours; read_only; fi
ends 0 apply --via bind
mkdir -p "$root/run/sanid/config.d"
SANID_TEST_READER=$root/etc SANID_TEST_ENOUGH=$place/enough "$test_program" > "$place/seen" & reader=$!
until [ -s "$place/seen" ]; do :; done
n=0
until [ $n -ge 12 ] && [ -e "$place/enough" ]; do
  n=$((n + 1)); [ $n -lt 1000 ] || fail "the reader has not seen enough"
  # None comes twice: a slow reader could not tell a pair that changed to and fro from a mixed one.
  for one in $(printf '%08x-1111-4111-8111-%012x %08x-2222-4222-8222-%012x' $n $n $n $n); do
    echo "pin.hostid = '$one'
pin.iqn = 'iqn.2001-04.com.example:$one'" > "$root/run/sanid/config.d/pin.toml"
    ends 0 apply --replace; holds $id $one
  done
done
touch "$root/run/stop"
wait $reader || fail "the reader saw: $(cat "$place/seen")"
no_leftovers
"#;

/// The file that the reader makes when it has read often and seen identities change.
const ENOUGH: &str = "SANID_TEST_ENOUGH";

/// Whether this process is to be the reader.
pub(crate) fn is_called() -> bool {
    std::env::var_os(VARIABLE).is_some()
}

#[allow(clippy::print_stdout, reason = "the script reads what it says")]
/// Reads until it is stopped; fails when it saw something that never was the identity.
pub(crate) fn run() -> ExitCode {
    let etc = PathBuf::from(std::env::var_os(VARIABLE).unwrap());
    let stop = etc.parent().unwrap().join("run/stop");
    let read = |name: &str| match std::fs::read_to_string(etc.join(name)) {
        Ok(text) => text,
        Err(error) => format!("{name}: {error}"),
    };
    let prefix = "nqn.2014-08.org.nvmexpress:uuid:";
    let (mut wrong, mut rounds, mut ids) = (BTreeSet::new(), 0_u32, BTreeSet::new());
    println!("it reads");
    let enough = PathBuf::from(std::env::var_os(ENOUGH).unwrap());
    let start = std::time::Instant::now();
    // It is not stopped if the script has failed.
    while !stop.exists() && start.elapsed().as_secs() < 600 {
        // A pair is mixed if the host NQN is the same before and after its Host ID was read: no name returns.
        let (before, id, after) = (
            read("nvme/hostnqn"),
            read("nvme/hostid"),
            read("nvme/hostnqn"),
        );
        let iqn = read("iscsi/initiatorname.iscsi");
        if before.strip_prefix(prefix) != Some(&id) && before == after {
            wrong.insert(format!("{before:?} with {id:?}"));
        }
        if id.len() != 37 || !before.starts_with(prefix) || !before.ends_with('\n') {
            wrong.insert(format!("{before:?} and {id:?}"));
        }
        if !iqn.starts_with("InitiatorName=iqn.") || !iqn.ends_with('\n') {
            wrong.insert(format!("{iqn:?}"));
        }
        let neighbour = read("nvme/discovery.conf");
        if neighbour != "hello\n" {
            wrong.insert(format!("{neighbour:?}"));
        }
        ids.insert(id);
        rounds += 1;
        if rounds > 100 && ids.len() >= 2 && !enough.exists() {
            std::fs::write(&enough, "").unwrap();
        }
    }
    println!(
        "{rounds} rounds, {} identities, wrong: {wrong:#?}",
        ids.len()
    );
    if wrong.is_empty() && rounds > 100 && ids.len() >= 2 {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

pub(crate) fn trial() {
    for form in ["files", "directory"] {
        scene::play(SCRIPT, &[form]);
    }
}
