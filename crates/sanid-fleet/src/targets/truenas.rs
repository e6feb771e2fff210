//! What the scripts for TrueNAS share: they run there, and Python calls its API by midclt.

use std::io::Write;

use super::TargetError;
use super::shell::Script;

const PRELUDE: &str = r#"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
: >"$work/add"; : >"$work/remove"
admit() { printf '%s\n' "$1" >>"$work/add"; }
dismiss() { printf '%s\n' "$1" >>"$work/remove"; }
"#;

/// What `merge` can use: `call(METHOD, …)`, `wanted`, which is the object, and `names("add")` and
/// `names("remove")`.
const PYTHON: &str = r#"
python3 - "$work" "$object" <<'PYTHON'
import json, subprocess, sys
work, wanted = sys.argv[1:]
def call(method, *arguments):
    command = ["midclt", "call", method, *map(json.dumps, arguments)]
    return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout)
def names(file):
    with open(work + "/" + file) as lines:
        return [line.rstrip("\n") for line in lines]
"#;

/// Writes a script that runs `merge` on the names.
pub(super) fn write(
    out: &mut dyn Write,
    what: &[&str],
    merge: &str,
    object: &str,
    admit: &[&str],
    dismiss: &[&str],
) -> Result<(), TargetError> {
    let what = [what, &["Run it on TrueNAS."]].concat();
    let after = format!("{}\n{}\nPYTHON", PYTHON.trim(), merge.trim());
    let script = Script {
        what: &what,
        variables: &[],
        prelude: &[PRELUDE],
        after: &after,
    };
    script.write(out, object, admit, dismiss)
}
