//! The parameters of the kernel that name the initiator, as dracut and initramfs-tools themselves read them.

use std::collections::BTreeSet;

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{Host, MACHINE_ID};
use testkit::trial::{Need, UNSHARE, trial};

const DRACUT: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::File("/usr/lib/dracut/dracut-util", "dracut-core"),
    Need::File("/usr/lib/dracut/modules.d/95nvmf", "dracut-network"),
];
const TOOLS: &[Need] = &[
    Need::Root,
    UNSHARE,
    Need::File(
        "/usr/share/initramfs-tools/scripts/local-top/iscsi",
        "open-iscsi",
    ),
];

const A: &str = "iqn.2001-04.com.example:a";
const B: &str = "iqn.2001-04.com.example:b.c-d:2";

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "dracut_and_sanid_read_the_same_initiator_name",
            DRACUT,
            initiator,
        ),
        trial("dracut_and_sanid_read_the_same_nvme_pair", DRACUT, pair),
        trial("dracut_reads_suses_parameter_as_sanid_does", DRACUT, suse),
        trial(
            "initramfs_tools_and_sanid_read_the_same_initiator_name",
            TOOLS,
            tools,
        ),
    ]
}

/// The parameter in every company and dress. A value is one or the other of two.
fn shapes(key: &str, one: &str, other: &str, quotes: bool) -> Vec<String> {
    let mut shapes = vec![
        format!("{key}={one}"),
        format!("quiet {key}={one} root=/dev/sda1"),
        format!("\t{key}={one}\t quiet"),
        format!("{key}={one} {key}={other}"),
        format!("{key}={one} {key}={other} {key}={one}"),
        format!("{key}={one} {key}="),
        format!("{key}= {key}={other}"),
        format!("{key}="),
        format!("x{key}={one}"),
        format!("{key}x={one}"),
        format!("rd.break={key}={one}"),
        format!("{key}={one} -- {key}={other}"),
        format!("-- {key}={one}"),
        "quiet".to_owned(),
        String::new(),
    ];
    if quotes {
        shapes.extend([
            key.to_owned(),
            format!("{key}={one} {key}"),
            format!("{key} {key}={other}"),
            format!("{key}=\"{one}\""),
            format!("\"{key}={one}\" quiet"),
            format!("{key}=\"{one}\" {key}={other}"),
            format!("{key}={one} {key}=\"{other}\""),
            format!("{key}=\"\""),
            format!("{key}=\"{one}"),
            format!("note=\"{key}={one}\""),
            format!("note=\"a {key}={one} b\" quiet"),
            format!("note=\"a b\" {key}={one}"),
            format!("\"note=a b\" {key}=\"{one}\""),
        ]);
    }
    shapes
}

/// What a program's own lines, run for each command line, leave in `found`.
fn ask(lines: &[String], before: &str, script: &str) -> Vec<String> {
    let script = format!(
        "mount -t tmpfs none /tmp; : > /tmp/cmdline; mount --bind /tmp/cmdline /proc/cmdline\n\
         {before}\nset +eu\n\
         while IFS= read -r line; do printf '%s\\n' \"$line\" > /tmp/cmdline\n{script}\n\
         printf '%s\\n' \"$found\"; done"
    );
    let ran = Private::default()
        .run(&script, &[], &(lines.join("\n") + "\n"))
        .expect(0);
    let found: Vec<String> = ran.stdout.lines().map(str::to_owned).collect();
    assert_eq!(found.len(), lines.len(), "{ran:#?}");
    found
}

/// dracut's functions, from where the package has them.
const DRACUT_LIB: &str = "\
    mkdir /tmp/bin; ln -s /usr/lib/dracut/dracut-util /tmp/bin/dracut-getarg; PATH=/tmp/bin:$PATH\n\
    m=/usr/lib/dracut/modules.d\n\
    sed \"s|/lib/dracut-dev-lib.sh|$m/99base/dracut-dev-lib.sh|\" $m/99base/dracut-lib.sh > /tmp/lib.sh\n\
    warn() { :; }\n\
    set +eu; . /tmp/lib.sh; set -eu";

/// dracut's own question for an option: the words of its script between `$(` and `)`.
fn question(script: &str, option: &str) -> String {
    format!(
        "q=$(sed -n 's/.*$(\\(getarg {option} [^)]*\\)).*/\\1/p' $m/{script} | head -n 1); \
         [ -n \"$q\" ] || exit 9; warn() {{ :; }}; found=$($q)"
    )
}

/// What the host's part is by sanid, where the command line gives it; nothing otherwise.
fn given(line: &str, part: &str) -> String {
    let host = Host::new(MACHINE_ID);
    host.write("proc/cmdline", format!("{line}\n"));
    let shown = host.run(&["show", "--format", "json"]).expect(0);
    let json: serde_json::Value = serde_json::from_str(&shown.stdout).unwrap();
    let from = if part == "iqn" { "iqn" } else { "nvme" };
    if json["provenance"][from]["source"] == "command-line" {
        json[part].as_str().unwrap().to_owned()
    } else {
        String::new()
    }
}

/// Both agree on every line, and enough lines set a name.
#[track_caller]
fn compare(lines: &[String], theirs: &[String], part: &str) {
    for (line, theirs) in lines.iter().zip(theirs) {
        assert_eq!(given(line, part), *theirs, "{line:?}");
    }
    let kinds: BTreeSet<&String> = theirs.iter().collect();
    assert_eq!(kinds.len(), 3, "one, the other and nothing: {kinds:?}");
}

fn initiator() {
    let mut lines = shapes("rd.iscsi.initiator", A, B, true);
    lines.extend(shapes("iscsi_initiator", A, B, true));
    for (one, other) in [
        ("rd.iscsi.initiator", "iscsi_initiator"),
        ("iscsi_initiator", "rd.iscsi.initiator"),
    ] {
        lines.extend([
            format!("{one}={A} {other}={B}"),
            format!("{one}= {other}={B}"),
            format!("{one} {other}={B}"),
            format!("{one}={A} {other}="),
            format!("{one}=\"{A}\" {other}=\"{B}\""),
            format!("{one}={A} {one}= {other}={B}"),
        ]);
    }
    for script in ["95iscsi/parse-iscsiroot.sh", "95iscsi/iscsiroot.sh"] {
        let theirs = ask(&lines, DRACUT_LIB, &question(script, "rd.iscsi.initiator"));
        compare(&lines, &theirs, "iqn");
    }
}

fn pair() {
    const ONE: [&str; 2] = [
        "652f5d50-a689-4520-b87b-fe2552ef6b8b",
        "7c9e6679-7425-40de-944b-e07fc1f90ae7",
    ];
    let nqns = ONE.map(|id| format!("nqn.2014-08.org.nvmexpress:uuid:{id}"));
    let script = "95nvmf/parse-nvmf-boot-connections.sh";
    for (keys, part, [one, other]) in [
        (
            ["rd.nvmf.hostnqn", "nvmf.hostnqn"],
            "hostNqn",
            [nqns[0].as_str(), &nqns[1]],
        ),
        (["rd.nvmf.hostid", "nvmf.hostid"], "hostId", ONE),
    ] {
        let mut lines: Vec<String> = keys
            .iter()
            .flat_map(|key| shapes(key, one, other, true))
            .collect();
        lines.push(format!("{}={one} {}={other}", keys[1], keys[0]));
        lines.push(format!("{} {}={other}", keys[0], keys[1]));
        let theirs = ask(&lines, DRACUT_LIB, &question(script, keys[0]));
        compare(&lines, &theirs, part);
    }
}

/// SUSE's generator is not dracut's; it asks with the same function.
fn suse() {
    let lines = shapes("rd.initiatorname", A, B, true);
    let theirs = ask(&lines, DRACUT_LIB, "found=$(getarg rd.initiatorname)");
    compare(&lines, &theirs, "iqn");
}

/// The loop over the command line of the script that open-iscsi puts into the image.
fn tools() {
    let lines = shapes("iscsi_initiator", A, B, false);
    let before = "script=/usr/share/initramfs-tools/scripts/local-top/iscsi\n\
        sed -n '/^parse_iscsi_ops *()/,/^}/p' $script > /tmp/parse.sh; [ -s /tmp/parse.sh ]; . /tmp/parse.sh";
    let theirs = ask(
        &lines,
        before,
        "ISCSI_INITIATOR=; parse_iscsi_ops; found=$ISCSI_INITIATOR",
    );
    compare(&lines, &theirs, "iqn");
    // It knows no quotes: they become part of the name, which is then invalid.
    let quoted = [format!("iscsi_initiator=\"{A}\"")];
    let theirs = ask(
        &quoted,
        before,
        "ISCSI_INITIATOR=; parse_iscsi_ops; found=$ISCSI_INITIATOR",
    );
    assert_eq!(theirs, [format!("\"{A}\"")]);
}
