//! The command as people and programs see it.

use std::io::{Read as _, Write as _};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use libtest_mimic::Trial;
use serde_json::Value;
use tempfile::TempDir;

use testkit::promtool;
use testkit::trial::{Need, trial};
use testkit::wait::eventually;

pub(crate) fn trials() -> Vec<Trial> {
    let mut trials = Vec::new();
    for (name, test) in [
        (
            "claim_renew_conflict_takeover_release",
            claim_renew_conflict_takeover_release as fn(),
        ),
        (
            "a_claim_for_a_different_root_leaves_nothing_in_run",
            a_claim_for_a_different_root_leaves_nothing_in_run,
        ),
        ("exit_codes_and_what_they_say", exit_codes_and_what_they_say),
        ("watch_prints_what_happens", watch_prints_what_happens),
        ("the_gate_follows_the_policy", the_gate_follows_the_policy),
        ("the_secret_is_in_nothing", the_secret_is_in_nothing),
    ] {
        trials.push(trial(&format!("command::{name}"), &[], test));
    }
    trials.push(trial(
        "command::figures_pass_promtool",
        &[Need::Program("promtool", "prometheus")],
        figures_pass_promtool,
    ));
    trials.push(trial(
        "command::the_time_of_day_decides_nothing",
        &[Need::Program("faketime", "faketime")],
        the_time_of_day_decides_nothing,
    ));
    trials
}

const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";
/// A store that does not answer.
const NOBODY: &str = "etcd:http://127.0.0.1:1";
const HOST_ID: &str = "652f5d50-a689-4520-b87b-fe2552ef6b8b";

/// A host below a directory, and a store.
struct Scene {
    directory: TempDir,
}

impl Scene {
    fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("root");
        let put = |path: &str, text: &str| {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        };
        put("etc/machine-id", &format!("{MACHINE_ID}\n"));
        put(
            "proc/sys/kernel/random/boot_id",
            "11111111-1111-4111-8111-111111111111\n",
        );
        put(
            "etc/iscsi/initiatorname.iscsi",
            "InitiatorName=iqn.2016-04.com.open-iscsi:652f5d50a6894520b87bfe2552ef6b8b\n",
        );
        put(
            "etc/nvme/hostnqn",
            &format!("nqn.2014-08.org.nvmexpress:uuid:{HOST_ID}\n"),
        );
        put("etc/nvme/hostid", &format!("{HOST_ID}\n"));
        Self { directory }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn store(&self) -> String {
        format!("sqlite:{}", self.path("claims.db").display())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
        command.arg("claim").arg("--root").arg(self.path("root"));
        command.stdin(Stdio::null());
        command
    }

    /// With the store named, and time for it.
    fn run(&self, words: &str) -> Output {
        let mut command = self.command();
        command.args(["--store", &self.store(), "--wait", "300s"]);
        command
            .args(words.split(' ').filter(|word| !word.is_empty()))
            .output()
            .unwrap()
    }

    #[track_caller]
    fn json(&self, words: &str, code: i32) -> Value {
        let output = self.run(&format!("{words} --format json"));
        assert_eq!(output.status.code(), Some(code), "{words}: {output:?}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    /// What a clone of this host would ask for.
    fn clone(&self, name: &str) -> PathBuf {
        let request = self.command().arg("request").output().unwrap();
        let mut request: Value = serde_json::from_slice(&request.stdout).unwrap();
        let holder = request["holder"].as_object_mut().unwrap();
        holder["name"] = name.into();
        holder["bootId"] = format!("boot of {name}").into();
        holder["evidence"] = serde_json::json!({"firmwareUuid": name, "macs": [name]});
        let path = self.path(name);
        std::fs::write(&path, request.to_string()).unwrap();
        path
    }
}

fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

fn claim_renew_conflict_takeover_release() {
    let scene = Scene::new();
    let clone = scene.clone("clone");
    let from = format!("--for {}", clone.display());
    let other = scene.clone("other");
    // As 0.1 called the option.
    let other = format!("--from {}", other.display());

    let held = scene.json(&from, 0);
    assert_eq!(
        (&held["outcome"], &held["apiVersion"]),
        (&"held".into(), &"sanid/v1".into())
    );
    assert_eq!(held["hostId"], HOST_ID);
    let renewed = scene.json(&from, 0);
    assert_eq!(renewed["outcome"], "renewed");
    assert_eq!(renewed["generation"], held["generation"]);

    let conflict = scene.json(&other, 1);
    assert_eq!(conflict["outcome"], "conflict");
    let rival = &conflict["rivals"][0];
    assert_eq!(
        (&rival["holder"]["name"], &rival["likeness"]),
        (&"clone".into(), &"clone".into())
    );
    assert_eq!(
        rival["shares"],
        serde_json::json!(["hostid", "hostnqn", "iqn"])
    );
    assert_eq!(rival["since"], held["since"]);
    assert_eq!(rival["hardware"]["verdict"], "clone-suspected");

    assert_eq!(
        scene.json(&format!("takeover {other}"), 3)["outcome"],
        "refused"
    );
    assert_eq!(
        scene.json(&format!("release {other}"), 3)["outcome"],
        "refused"
    );
    let taken = scene.json(&format!("takeover --fenced {other}"), 0);
    assert_eq!(taken["outcome"], "taken-over-fenced");
    assert_eq!(taken["ended"][0]["holder"]["name"], "clone");

    let list = scene.json("list", 0);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert_eq!(list["items"][0]["holder"]["name"], "other");
    assert_eq!(
        scene.json(&format!("release {other}"), 0)["outcome"],
        "released"
    );
    assert_eq!(
        scene.json(&format!("release {other}"), 0)["outcome"],
        "not-held"
    );
    let history = scene.json("list --history", 0);
    let what: Vec<_> = history["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["what"].as_str().unwrap())
        .collect();
    assert_eq!(what, ["claimed", "taken-over-fenced", "released"]);
}

/// A claim for a different root would be taken for this host's own: its figures, and the sign that its names are unique.
fn a_claim_for_a_different_root_leaves_nothing_in_run() {
    let scene = Scene::new();
    scene.json("", 0);
    let left = std::fs::read_to_string("/run/sanid/claim.json").unwrap_or_default();
    assert!(!left.contains(&scene.store()), "{left}");
}

fn exit_codes_and_what_they_say() {
    let scene = Scene::new();
    let clone = scene.clone("clone");
    let garbage = scene.path("garbage");
    std::fs::write(&garbage, "{}").unwrap();
    let config = scene.path("claim.toml");
    std::fs::write(&config, "stoer = 'x'\n").unwrap();
    let run = |words: &[&str]| {
        let mut command = scene.command();
        command.args(words).output().unwrap()
    };
    let clone = clone.to_str().unwrap();
    for (words, code, says) in [
        (vec!["--config", "/dev/null"], 2, "no store is named"),
        (
            vec!["--store", "redis:x"],
            2,
            "expected sqlite:FILE or etcd:URL[,URL…]",
        ),
        (vec!["--store", "sqlite:"], 2, "is not a store"),
        (vec!["--config", config.to_str().unwrap()], 2, "stoer"),
        (vec!["--config", "/no/where"], 2, "/no/where"),
        (
            vec!["--store", "sqlite:/dev/null", "--from", clone],
            3,
            "not a regular file",
        ),
        (
            vec!["--store", "sqlite:/proc/x", "--from", clone],
            2,
            "cannot make",
        ),
        (
            vec!["--store", "sqlite:x", "--from", "Cargo.toml"],
            2,
            "sanid-fleet claim request prints one",
        ),
        (
            vec!["--store", "sqlite:x", "--from", garbage.to_str().unwrap()],
            2,
            "apiVersion",
        ),
        (
            vec!["--store", "sqlite:x", "--lease", "1x"],
            2,
            "not a duration",
        ),
        (
            vec!["list", "--store", "sqlite:/tmp/sanid-no-such-store"],
            2,
            "is not there",
        ),
    ] {
        let output = run(&words);
        assert_eq!(
            output.status.code(),
            Some(code),
            "{words:?}: {}",
            text(&output)
        );
        assert!(text(&output).contains(says), "{words:?}: {}", text(&output));
    }
    // A machine that is too busy to find the reason within a second gets more.
    let mut said = String::new();
    for wait in ["1s", "10s", "100s"] {
        let output = run(&["--store", NOBODY, "--wait", wait, "--from", clone]);
        assert_eq!(output.status.code(), Some(2));
        said = text(&output);
        if !said.contains("no answer within") {
            break;
        }
    }
    let refused = "does not answer: transport error: tcp connect error: Connection refused";
    assert!(said.contains(refused), "{said}");
    std::fs::remove_file(scene.path("root/etc/nvme/hostid")).unwrap();
    let output = scene.run("");
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("sanid apply"), "{}", text(&output));
}

fn watch_prints_what_happens() {
    let scene = Scene::new();
    let from = format!("--from {}", scene.clone("one").display());
    scene.json(&from, 0);
    let mut command = scene.command();
    let mut watch = command
        .args(["--store", &scene.store(), "watch", "--limit", "3"])
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    scene.json(&format!("release {from}"), 0);
    scene.json(&from, 0);
    let mut said = String::new();
    watch
        .stdout
        .take()
        .unwrap()
        .read_to_string(&mut said)
        .unwrap();
    assert!(watch.wait().unwrap().success());
    let what: Vec<String> = said
        .lines()
        .map(|line| {
            serde_json::from_str::<Value>(line).unwrap()["what"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();
    assert_eq!(what, ["claimed", "released", "claimed"]);
    let later = scene.run("watch --after 2 --idle 1s");
    assert_eq!(text(&later).lines().count(), 1);
}

fn the_gate_follows_the_policy() {
    let scene = Scene::new();
    let config = scene.path("claim.toml");
    let gate = |settings: &str| {
        std::fs::write(
            &config,
            format!("store = '{}'\nwait = '120s'\n{settings}", scene.store()),
        )
        .unwrap();
        let output = scene
            .command()
            .arg("gate")
            .arg("--config")
            .arg(&config)
            .output()
            .unwrap();
        (output.status.code().unwrap(), text(&output))
    };
    assert_eq!(gate("policy = 'enforce'").0, 0, "held");
    scene.run("release --fenced");
    scene.json(&format!("--from {}", scene.clone("clone").display()), 0);
    for (settings, code, says) in [
        (
            "",
            0,
            "storage is connected all the same (policy = \"report\"",
        ),
        (
            "policy = 'enforce'",
            1,
            "storage is not connected (policy = \"enforce\")",
        ),
    ] {
        let (exit, said) = gate(settings);
        assert_eq!(exit, code, "{said}");
        for words in [
            says,
            "clone has Host ID",
            "sanid-fleet claim takeover --fenced",
            "sanid reseed",
        ] {
            assert!(said.contains(words), "{words}: {said}");
        }
    }
    // A kernel session, as sysfs shows it: storage is in use.
    let session = scene.path("root/sys/class/iscsi_session/session1");
    std::fs::create_dir_all(&session).unwrap();
    std::fs::write(
        session.join("initiatorname"),
        "iqn.2016-04.com.open-iscsi:x\n",
    )
    .unwrap();
    let (exit, said) = gate("policy = 'enforce'");
    assert_eq!(exit, 0, "{said}");
    assert!(said.contains("in use by this kernel already"), "{said}");
    std::fs::remove_dir_all(&session).unwrap();

    let away = |settings: &str| {
        std::fs::write(
            &config,
            format!("store = '{NOBODY}'\nwait = '1s'\n{settings}"),
        )
        .unwrap();
        let output = scene
            .command()
            .arg("gate")
            .arg("--config")
            .arg(&config)
            .output()
            .unwrap();
        (output.status.code().unwrap(), text(&output))
    };
    for (settings, code) in [
        ("", 0),
        ("policy = 'enforce'", 0),
        ("unreachable = 'hold'", 0),
        ("policy = 'enforce'\nunreachable = 'hold'", 1),
    ] {
        let (exit, said) = away(settings);
        assert_eq!(exit, code, "{settings}: {said}");
        assert!(said.contains("does not answer"), "{said}");
    }
}

/// Neither printed nor stored.
fn the_secret_is_in_nothing() {
    let scene = Scene::new();
    let mut said = String::new();
    for words in [
        "",
        "list",
        "list --history",
        "release",
        "",
        "request",
        "metrics",
        "--format json",
    ] {
        said += &text(&scene.run(words));
    }
    assert!(said.contains(HOST_ID));
    assert!(!said.contains(MACHINE_ID));
    for file in std::fs::read_dir(scene.directory.path()).unwrap() {
        let path = file.unwrap().path();
        if path.is_file() {
            let bytes = String::from_utf8_lossy(&std::fs::read(&path).unwrap()).into_owned();
            assert!(!bytes.contains(MACHINE_ID), "{}", path.display());
        }
    }
}

fn figures_pass_promtool() {
    let scene = Scene::new();
    let page = text(&scene.run("metrics"));
    promtool(&["check", "metrics"], &page);
    assert!(
        page.contains(&format!("host_id=\"{HOST_ID}\"}} 1\n")),
        "{page}"
    );
    assert!(page.contains("sanid_findings{code="), "{page}");

    let file = scene.path("sanid.prom");
    std::fs::write(&file, "before").unwrap();
    assert!(
        scene
            .run(&format!("metrics --textfile {}", file.display()))
            .status
            .success()
    );
    promtool(
        &["check", "metrics"],
        &std::fs::read_to_string(&file).unwrap(),
    );
    // The unit has a umask of 0077, and the collector is another user.
    let strict = format!(
        "umask 0077; exec {} claim metrics --root {} --textfile {}",
        env!("CARGO_BIN_EXE_sanid-fleet"),
        scene.path("root").display(),
        file.display()
    );
    assert!(
        Command::new("sh")
            .args(["-c", &strict])
            .status()
            .unwrap()
            .success()
    );
    let mode = std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions());
    assert_eq!(mode & 0o777, 0o644);
    let left = std::fs::read_dir(scene.directory.path()).unwrap().count();
    assert_eq!(left, 2, "the root, the file, and nothing half-written");
    let nowhere = scene.run("metrics --textfile /no/where/sanid.prom");
    assert_eq!(nowhere.status.code(), Some(2));
    // What is renamed over is gone: no device, and no link to one.
    let link = scene.path("link");
    std::os::unix::fs::symlink("/dev/null", &link).unwrap();
    let refused = scene.run(&format!("metrics --textfile {}", link.display()));
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    assert!(link.is_symlink());

    let socket = scene.path("metrics.sock");
    let mut command = scene.command();
    let mut serving = command
        .arg("metrics")
        .arg("--socket")
        .arg(&socket)
        .spawn()
        .unwrap();
    let page = ask(&socket);
    // One that says nothing, and one that goes away, hold up nobody.
    let _silent = UnixStream::connect(&socket).unwrap();
    drop(UnixStream::connect(&socket).unwrap());
    let again = ask(&socket);
    serving.kill().unwrap();
    serving.wait().unwrap();
    for page in [page, again] {
        let (head, body) = page.split_once("\r\n\r\n").unwrap();
        assert!(head.starts_with("HTTP/1.0 200 OK"), "{head}");
        promtool(&["check", "metrics"], body);
    }
}

fn ask(socket: &Path) -> String {
    let connect = || UnixStream::connect(socket).ok();
    let mut stream = eventually("the command listens", connect);
    stream.write_all(b"GET /metrics HTTP/1.0\r\n\r\n").unwrap();
    let mut page = String::new();
    stream.read_to_string(&mut page).unwrap();
    page
}

/// Years ahead and years behind, a live lease stays live, and an expired one is no matter of the date.
fn the_time_of_day_decides_nothing() {
    let scene = Scene::new();
    let one = scene.clone("one");
    let other = scene.clone("other");
    let at = |time: &str, from: &Path| {
        let output = Command::new("faketime")
            .args([
                "-f",
                time,
                env!("CARGO_BIN_EXE_sanid-fleet"),
                "claim",
                "--format",
                "json",
                "--wait",
                "300s",
            ])
            .args(["--store", &scene.store(), "--from"])
            .arg(from)
            .output()
            .unwrap();
        let report: Value =
            serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{output:?}"));
        (report["outcome"].as_str().unwrap().to_owned(), report)
    };
    let (outcome, report) = at("-20y", &one);
    assert_eq!(outcome, "held");
    assert!(
        report["since"].as_str().unwrap() < "2010",
        "the clock is really another one: {report}"
    );
    assert_eq!(at("+20y", &other).0, "conflict");
    assert_eq!(at("+20y", &one).0, "renewed");
    assert_eq!(at("-20y", &other).0, "conflict");
}
