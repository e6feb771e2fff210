//! Other writers and other readers, as `sanid status` finds them: Debian's own scripts, a process in
//! another mount namespace, and an iscsid that is older than its file.

use std::fs;

use libtest_mimic::Trial;

use super::private::Private;
use super::support::host::{FOREIGN, Host, MACHINE_ID, Ran};
use testkit::trial::{Need, PYTHON, STRACE, UNSHARE, trial};

const POST_INSTALL: &str = "/var/lib/dpkg/info/nvme-cli.postinst";
const START_UP: &str = "/lib/open-iscsi/startup-checks.sh";
const UNIT: &str = "/lib/systemd/system/iscsid.service";

pub(crate) fn trials() -> Vec<Trial> {
    const NVME: &[Need] = &[Need::Root, UNSHARE, Need::File(POST_INSTALL, "nvme-cli")];
    const OPEN_ISCSI: &[Need] = &[
        Need::Root,
        UNSHARE,
        Need::File(START_UP, "open-iscsi"),
        Need::File(UNIT, "open-iscsi"),
    ];
    const ISCSID: &[Need] = &[
        Need::Root,
        UNSHARE,
        STRACE,
        Need::Program("iscsid", "open-iscsi"),
        Need::File(PYTHON, "python3"),
    ];
    vec![
        trial(
            "debians_post_install_of_nvme_cli_is_reported_before_it_writes_and_its_pair_afterwards",
            NVME,
            post_install,
        ),
        trial(
            "debians_start_up_checks_with_generate_name_are_reported_and_really_write",
            OPEN_ISCSI,
            generate_name,
        ),
        trial(
            "a_process_with_an_etc_of_its_own_is_reported",
            &[Need::Root, UNSHARE],
            namespace,
        ),
        trial("an_iscsid_older_than_its_file_is_reported", ISCSID, iscsid),
    ]
}

/// The codes of the findings, one for each.
fn codes(ran: &Ran) -> Vec<String> {
    let report: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    let findings = report["findings"].as_array().unwrap();
    let code = |one: &serde_json::Value| one["code"].as_str().unwrap().to_owned();
    findings.iter().map(code).collect()
}

fn status(host: &Host) -> Vec<String> {
    codes(&host.run(&["status", "--format", "json"]))
}

fn has(codes: &[String], code: &str) -> bool {
    codes.iter().any(|one| one == code)
}

fn post_install() {
    let host = Host::new(MACHINE_ID);
    fs::create_dir_all(host.at("etc/nvme")).unwrap();
    let script = fs::read_to_string(POST_INSTALL).unwrap();
    host.write(&POST_INSTALL[1..], &script);
    let before = status(&host);
    assert!(has(&before, "writer-waiting"), "{before:?}");

    // What debhelper adds after it starts services.
    let own = script.split("# Automatically added").next().unwrap();
    assert!(own.contains("uuidgen"), "{own}");
    Private::nvme(&host).run(own, &["configure"], "").expect(0);
    let written = host.three();
    assert!(written[1].is_some() && written[2].is_some(), "{written:?}");
    let after = status(&host);
    assert!(has(&after, "pair-mismatch"), "{after:?}");
    assert!(!has(&after, "writer-waiting"), "{after:?}");

    // The script leaves what sanid wrote alone, so it is not reported.
    host.run(&["apply", "--replace"]).expect(0);
    assert_eq!(status(&host), Vec::<String>::new());
    let sanids = host.three();
    Private::nvme(&host).run(own, &["configure"], "").expect(0);
    assert_eq!(host.three(), sanids);
}

fn generate_name() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    host.write("etc/iscsi/iscsid.conf", "");
    for path in [START_UP, UNIT] {
        host.write(&path[1..], fs::read(path).unwrap());
    }
    let wanted = "etc/systemd/system/sockets.target.wants/iscsid.socket";
    host.write(wanted, "");
    assert_eq!(status(&host), Vec::<String>::new());
    let untouched = host.three();
    Private::iscsi(&host).run(START_UP, &[], "").expect(0);
    assert_eq!(host.three(), untouched);

    let mut name = untouched[0].clone().unwrap();
    name.extend(b"GenerateName=yes\n");
    host.write("etc/iscsi/initiatorname.iscsi", &name);
    let found = status(&host);
    assert!(has(&found, "other-writer"), "{found:?}");
    Private::iscsi(&host).run(START_UP, &[], "").expect(0);
    let written = String::from_utf8(host.three()[0].clone().unwrap()).unwrap();
    assert!(written.contains("iqn.1993-08.org.debian:01:"), "{written}");
}

/// `sanid status` below the host's root with the kernel's own `/proc`, from within the namespaces of the
/// script, and as a process of the host what `$begin` starts.
fn with_processes(host: &Host, begin: &str, arguments: &[&str]) -> Ran {
    fs::create_dir_all(host.at("proc")).unwrap();
    let script = format!(
        "sanid=$1; root=$2; shift 2; mount -t proc proc \"$root/proc\"; \
         status() {{ \"$sanid\" status --format json --root \"$root\" || [ $? = 1 ]; }}; {begin}"
    );
    let mut all = vec![env!("CARGO_BIN_EXE_sanid"), host.root().to_str().unwrap()];
    all.extend(arguments);
    Private::iscsi(host)
        .bind(&host.at("etc/nvme"), "/etc/nvme")
        .run(&script, &all, "")
        .expect(0)
}

fn namespace() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    let other = Host::foreign(MACHINE_ID);
    // The same files in a second namespace are not a second identity.
    let begin = |what: &str| {
        format!(
            "ready=$(mktemp -u); mkfifo \"$ready\"; \
             unshare --mount sh -euc '{what}; echo > \"$1\"; exec sleep 1000' sh \"$ready\" \"$1\" & \
             read -r _ < \"$ready\"; rm \"$ready\"; status"
        )
    };
    let other_pair = other.at("etc/nvme");
    let arguments = [other_pair.to_str().unwrap()];
    let same = with_processes(&host, &begin(":"), &arguments);
    assert_eq!(codes(&same), Vec::<String>::new());

    let ran = with_processes(&host, &begin("mount --bind \"$2\" /etc/nvme"), &arguments);
    assert_eq!(codes(&ran), ["namespace-differs"], "{}", ran.stdout);
    let id = FOREIGN[2].trim_end();
    assert!(
        ran.stdout.contains(&format!("Host ID {id}")),
        "{}",
        ran.stdout
    );
    assert!(ran.stdout.contains("(sleep)"), "{}", ran.stdout);

    // A link resolves in the container.
    let link = "mount -t tmpfs none /etc/nvme; ln -s /etc/machine-id /etc/nvme/hostid";
    let ran = with_processes(&host, &begin(link), &arguments);
    assert_eq!(codes(&ran), Vec::<String>::new(), "{}", ran.stdout);
    let link = "mount -t tmpfs none /etc; ln -s /usr /etc/nvme";
    let ran = with_processes(&host, &begin(link), &arguments);
    assert_eq!(codes(&ran), ["namespace-unseen"], "{}", ran.stdout);
    let fifo = "mount -t tmpfs none /etc/nvme; mkfifo /etc/nvme/hostnqn";
    let ran = with_processes(&host, &begin(fifo), &arguments);
    assert_eq!(codes(&ran), ["namespace-unseen"], "{}", ran.stdout);
}

fn iscsid() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    host.write("etc/iscsi/iscsid.conf", "");
    // An old file first; then one that is written again, until that is later by more than the blur.
    let begin = "touch -d @1000000000 /etc/iscsi/initiatorname.iscsi; \
        log=$(mktemp); setsid \"$1\" \"$2\" /etc/iscsi/initiatorname.iscsi > \"$log\" 2>&1 & \
        n=0; until grep -q InitiatorName= \"$log\" || [ $n -ge 3000 ]; do sleep 0.1; n=$((n + 1)); done; \
        status; \
        n=0; until status | grep -q iscsid-outdated || [ $n -ge 3000 ]; do \
        touch /etc/iscsi/initiatorname.iscsi; sleep 0.1; n=$((n + 1)); done; \
        status; rm \"$log\"";
    let start = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/real/start_iscsid.py");
    let ran = with_processes(&host, begin, &[PYTHON, start]);
    let reports = serde_json::Deserializer::from_str(&ran.stdout).into_iter();
    let reports: Vec<serde_json::Value> = reports.map(Result::unwrap).collect();
    let [before, after] = &reports[..] else {
        panic!("{ran:#?}");
    };
    assert_eq!(before["findings"].as_array().unwrap().len(), 0, "{before}");
    assert_eq!(after["findings"][0]["code"], "iscsid-outdated", "{after}");
}
