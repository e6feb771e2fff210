//! nvme-cli 3.1, built from its source: which `nvme-fabrics.conf` and drop-ins it refuses.

use std::fmt::Write as _;
use std::fs;

use libtest_mimic::Trial;
use sanid_host::own::fabrics;

use super::gen_hostnqn::NQN;
use super::nvme_cli_3::{NEEDS, below, nvme_cli_3, uuid};
use super::systemd;
use testkit::trial::trial;

pub(crate) fn trials() -> Vec<Trial> {
    vec![
        trial(
            "nvme_cli_3_refuses_each_kind_of_fault_in_its_configuration",
            NEEDS,
            each_kind,
        ),
        trial(
            "nvme_cli_3_refuses_the_random_configurations_that_have_a_fault",
            NEEDS,
            random_files,
        ),
        trial(
            "nvme_cli_3_refuses_a_persona_without_a_host_nqn",
            NEEDS,
            persona,
        ),
    ]
}

/// Whether nvme-cli refuses each of these as its `nvme-fabrics.conf`.
fn refused(files: &[Vec<u8>]) -> Vec<bool> {
    let directory = tempfile::tempdir().unwrap();
    for (number, bytes) in files.iter().enumerate() {
        fs::write(directory.path().join(number.to_string()), bytes).unwrap();
    }
    let script = format!(
        "{SYSTEM} n=0; while [ $n -lt $1 ]; do cp /mnt/$n /etc/nvme/nvme-fabrics.conf; \
         nvme connect-all 2>&1 | grep -c 'failed to read' || true; n=$((n + 1)); done"
    );
    let ran = nvme_cli_3()
        .bind(directory.path(), "/mnt")
        .run(&script, &[&files.len().to_string()], "")
        .expect(0);
    let answers: Vec<bool> = ran.stdout.lines().map(|line| line == "1").collect();
    assert_eq!(answers.len(), files.len(), "{ran:#?}");
    answers
}

/// A system without controllers and without a way to connect one.
const SYSTEM: &str = "\
    mount -t tmpfs none /sys; mkdir -p /sys/class/nvme /sys/class/nvme-subsystem; \
    mount -t tmpfs none /etc/nvme; mount -t tmpfs none /tmp; mknod /tmp/null c 1 3; mount --bind /tmp /dev;";

/// A fault of the file, or `[Host]` with a hostnqn and no hostid.
fn has_fault(bytes: &[u8]) -> bool {
    fabrics(bytes).is_some_and(|own| {
        own.fault.is_some() || (own.names.host_nqn().is_some() && own.names.host_id().is_none())
    })
}

fn each_kind() {
    const A: &str = "nqn.2014-08.com.example:a";
    let controller = |value: &str| format!("[Discovery Controller]\ncontroller = {value}\n");
    let table = [
        (true, "hostnqn = x\n[Host]\n".to_owned()),
        (true, "[Host]\n[Host\n".into()),
        (true, "[Host]\n[Host] x\n".into()),
        (true, "[Host]\nhostnqn\n".into()),
        (true, "[Host]\n= x\n".into()),
        (true, "[Zone]\njunk\n".into()),
        (true, "\u{feff}[Host]\n".into()),
        (true, "[Host]\n\n[ Host ]\n".into()),
        (true, "[Subsystem]\nhostid = x\n".into()),
        (false, "[Host]\nhostsymname = a\n".into()),
        (false, "[Zone]\nhostnqn = x\n".into()),
        (false, "[Host]\nHostNQN = x\n;hostnqn = y\n".into()),
        (true, "[Host]\nhostnqn = x\nhostnqn =\n".into()),
        (true, "[Host]\nhostid = 7\nhostid =\n".into()),
        (true, format!("[Host]\nhostnqn = {A}\n")),
        (false, format!("[Host]\nhostnqn = {A}\nhostnqn =\n")),
        (true, "[Host]\n# \0\n".into()),
        (true, "[Zone]\nx = \0\n".into()),
        (true, "[I/O Controller Defaults]\ntos = 08\n".into()),
        (false, "[I/O Controller Defaults]\ntos = 0x8\n".into()),
        (true, "[Host]\ntls = perhaps\n".into()),
        (true, "[Host]\nnqn = x\n".into()),
        (true, "[Discovery Controller]\nnqn = storage\n".into()),
        (true, "[Subsystem]\npersistent = no\n".into()),
        (true, format!("[Subsystem]\n[Subsystem]\nnqn = {A}\n")),
        (true, controller("transport=tcp")),
        (false, controller("transport=tcp; traddr=::1;")),
        (true, controller("transport=tcp;traddr=::1;traddr=::1")),
        (true, controller("transport=tcp;traddr=::1;tls=yes")),
        (true, controller("transport=tcp;traddr=::1;tos=x")),
        (true, controller("transport=tcp;traddr=::1;zone=1")),
    ];
    let files: Vec<Vec<u8>> = table.iter().map(|(_, text)| text.clone().into()).collect();
    for ((expected, text), theirs) in table.iter().zip(refused(&files)) {
        assert_eq!(*expected, theirs, "{text:?}");
        assert_eq!(*expected, has_fault(text.as_bytes()), "{text:?}");
    }
}

fn random_files() {
    const COUNT: usize = 2000;
    let mut next = systemd::random_numbers();
    let files: Vec<Vec<u8>> = (0..COUNT).map(|_| configuration(&mut next)).collect();
    let answers = refused(&files);
    for (bytes, theirs) in files.iter().zip(&answers) {
        let text = String::from_utf8_lossy(bytes);
        assert_eq!(has_fault(bytes), *theirs, "{:?}\n{text}", fabrics(bytes));
    }
    let count = answers.iter().filter(|theirs| **theirs).count();
    assert!((400..1600).contains(&count), "{count}");
}

fn persona() {
    let script = format!(
        "{SYSTEM} mkdir /etc/nvme/nvme-fabrics.conf.d; echo '[Host]' > /etc/nvme/nvme-fabrics.conf.d/a.conf; \
         nvme connect-all 2>&1 | grep -c 'without a hostnqn'"
    );
    assert_eq!(nvme_cli_3().run(&script, &[], "").expect(0).stdout, "1\n");
}

type Next<'a> = &'a mut dyn FnMut() -> u64;

fn one_of<'t>(next: Next<'_>, texts: &[&'t str]) -> &'t str {
    texts[below(next(), texts.len())]
}

/// A file that is mostly valid, often changed at one byte.
fn configuration(next: Next<'_>) -> Vec<u8> {
    const SECTIONS: [&str; 6] = [
        "Host",
        "Subsystem",
        "Discovery Controller",
        "Discovery Controller Defaults",
        "I/O Controller Defaults",
        "Zone",
    ];
    let mut text = String::new();
    for _ in 0..next() % 4 {
        let section = one_of(next, &SECTIONS);
        writeln!(text, "[{section}]").unwrap();
        if section == "Subsystem" && next() % 8 != 0 {
            writeln!(text, "nqn = {}", nqn(next)).unwrap();
        }
        if section == "Host" && next() % 2 == 0 {
            let id = uuid(next());
            writeln!(text, "hostnqn = {}\nhostid = {id}", nqn(next)).unwrap();
        }
        for _ in 0..next() % 3 {
            text += &line(next, section);
        }
    }
    let mut bytes = text.into_bytes();
    if next() % 4 == 0 {
        let odd = b" \t\r\n\0\x0b#;=[]x,-\xff"[below(next(), 15)];
        let at = below(next(), bytes.len() + 1);
        bytes.insert(at, odd);
    }
    bytes
}

/// A line that the section takes, or sometimes one of a different section.
fn line(next: Next<'_>, section: &str) -> String {
    let is_endpoint = matches!(section, "Subsystem" | "Discovery Controller");
    match next() % 12 {
        0 => "# ours\n".into(),
        1 => "zone = 1\n".into(),
        2 => format!("nqn = {}\n", nqn(next)),
        3 => format!("hostnqn = {}\n", nqn(next)),
        4 => format!("hostid = {}\n", uuid(next())),
        5 => format!("persistent = {}\n", persistent(next)),
        6..=8 if is_endpoint => format!("controller = {}\n", controller(next)),
        9 => format!("tls-key = {}\n", one_of(next, &["", "a", "a b"])),
        10 => format!("tls = {}\n", boolean(next)),
        _ => tunable(next) + "\n",
    }
}

fn tunable(next: Next<'_>) -> String {
    const NUMBERS: [&str; 10] = [
        "0",
        "5",
        "-1",
        "+3",
        "0x1F",
        "017",
        "08",
        "2147483648",
        "1 2",
        "",
    ];
    if next() % 2 == 0 {
        let key = one_of(next, &["tos", "queue-size", "ctrl-loss-tmo"]);
        format!("{key} = {}", one_of(next, &NUMBERS))
    } else {
        format!("hdr-digest={}", boolean(next))
    }
}

fn boolean(next: Next<'_>) -> &'static str {
    one_of(next, &["yes", "OFF", "t", "1", "0", "", "2", "maybe"])
}

fn persistent(next: Next<'_>) -> &'static str {
    one_of(next, &["no", "Auto", "force", "", "always"])
}

/// A path with numbers for addresses: a host name would be looked up.
fn controller(next: Next<'_>) -> String {
    let mut items = vec!["transport=tcp".to_owned(), "traddr=127.0.0.1".into()];
    for _ in 0..next() % 3 {
        items.push(match next() % 8 {
            0 => "trsvcid=4420".into(),
            1 => "host-iface=eth0".into(),
            2 => String::new(),
            3 => format!("persistent={}", persistent(next)),
            4 => "traddr=127.0.0.2".into(),
            5 => one_of(next, &["tls=yes", "zone=1", "host-traddr=", "nqn=x"]).into(),
            _ => tunable(next),
        });
    }
    if next() % 8 == 0 {
        items.remove(0);
    }
    items.join(one_of(next, &[";", " ; ", ";;"]))
}

fn nqn(next: Next<'_>) -> String {
    match next() % 8 {
        0 => String::new(),
        1 => format!("nqn.2014-13.com.example:{}", next()),
        2 => format!("{NQN}{}", uuid(next())),
        _ => format!("nqn.2014-08.com.example:{}", next()),
    }
}
