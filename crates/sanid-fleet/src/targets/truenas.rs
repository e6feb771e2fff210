//! What the scripts for TrueNAS share: they run there, and Python calls its API by midclt.

pub(super) const PRELUDE: &str = r#"
work=$(mktemp -d)
trap 'rm -r "$work"' EXIT
: >"$work/add"; : >"$work/remove"
admit() { printf '%s\n' "$1" >>"$work/add"; }
dismiss() { printf '%s\n' "$1" >>"$work/remove"; }
"#;

/// What runs what a format merges by, which can use `call(METHOD, …)`, `wanted`, which is the object, and `names("add")` and
/// `names("remove")`.
pub(super) const PYTHON: &str = r#"
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

/// What ends it.
pub(super) const END: &str = "PYTHON";
