//! Messages that name what was found and the command to type.

use std::os::unix::fs::PermissionsExt as _;
use std::process::Command;

use crate::support::host::{FILES, Host, MACHINE_ID};

#[test]
fn a_value_without_quotes_is_named_with_its_line() {
    for (text, place, message) in [
        (
            "[pin]\niqn = iqn.2004-05.com.example:x\n",
            ":2:",
            "iqn: text needs quotes: iqn = \"iqn.2004-05.com.example:x\"",
        ),
        (
            "[pin]\nhostnqn = nqn.2014-08.org.example:x # db\n",
            ":2:",
            "hostnqn: text needs quotes: hostnqn = \"nqn.2014-08.org.example:x\"",
        ),
        (
            "[pin]\nhostid = 3d1219c7-c4c5-404a-aa1f-6d2a48adfda4\n",
            ":2:",
            "hostid: text needs quotes: hostid = \"…\"",
        ),
        (
            "\nscheme = talos\n",
            ":2:",
            "scheme: text needs quotes: scheme = \"talos\"",
        ),
        (
            "allow-non-unique-template = yes\n",
            ":1:",
            "allow-non-unique-template: write true or false, without quotes",
        ),
    ] {
        let host = Host::new(MACHINE_ID);
        host.write("etc/sanid/config.toml", text);
        let ran = host.run(&["show"]).expect(2);
        let expected = format!("/etc/sanid/config.toml{place}");
        assert!(ran.stderr.contains(&expected), "{ran:#?}");
        assert!(ran.stderr.contains(message), "{ran:#?}");
    }
}

/// chattr(1) needs `CAP_LINUX_IMMUTABLE` and a file system with attributes, which a memory file system may lack.
#[test]
#[ignore = "needs root and setpriv"]
fn an_immutable_file_is_named_with_the_command_that_frees_it() {
    let chattr = |change: &str, path: &std::path::Path| {
        let done = Command::new("chattr").arg(change).arg(path).status();
        assert!(done.unwrap().success(), "chattr {change}");
    };
    for (change, undo, word, at) in [
        ("+i", "-i", "immutable", FILES[1]),
        ("+a", "-a", "append only", FILES[1]),
        ("+i", "-i", "immutable", "etc/nvme"),
    ] {
        let host = Host::on_disk(MACHINE_ID);
        host.write(FILES[1], "");
        chattr(change, &host.at(at));
        let ran = host.run(&["apply"]);
        chattr(undo, &host.at(at));
        let ran = ran.expect(2);
        let fix = format!("`chattr {undo} {}`", host.at(at).display());
        assert!(
            ran.stderr.contains(&format!("the attribute \"{word}\"")),
            "{ran:#?}"
        );
        assert!(ran.stderr.contains(&fix), "{ran:#?}");
    }
}

#[test]
fn the_lock_can_be_opened_whatever_the_umask_is() {
    let host = Host::in_memory(MACHINE_ID);
    host.write("run/sanid/.keep", "");
    let apply = host.sanid(&["apply"]);
    let words: Vec<_> = apply
        .get_args()
        .map(|word| word.to_str().unwrap())
        .collect();
    let script = format!(
        "umask 777; exec {} {}",
        env!("CARGO_BIN_EXE_sanid"),
        words.join(" ")
    );
    let done = Command::new("sh").args(["-c", &script]).status().unwrap();
    assert!(done.success());
    let mode = std::fs::metadata(host.at("run/sanid/lock"))
        .unwrap()
        .permissions()
        .mode();
    assert_eq!(mode & 0o7777, 0o600);
}
