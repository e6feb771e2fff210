//! Claims for roots that are mounted somewhere, and for hosts that lack something.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use libtest_mimic::Trial;
use tempfile::TempDir;
use testkit::trial::trial;

pub(crate) fn trials() -> Vec<Trial> {
    let tests: [(&str, fn()); 7] = [
        (
            "two_mounted_guests_are_two_hosts",
            two_mounted_guests_are_two_hosts,
        ),
        (
            "no_claim_is_made_without_the_machine_id_that_is_there",
            no_claim_is_made_without_the_machine_id_that_is_there,
        ),
        (
            "a_host_without_a_machine_id_keeps_its_claim_over_a_reboot",
            a_host_without_a_machine_id_keeps_its_claim_over_a_reboot,
        ),
        (
            "a_host_with_iscsi_alone_claims_and_keeps_its_claim_over_a_reboot",
            a_host_with_iscsi_alone_claims_and_keeps_its_claim_over_a_reboot,
        ),
        (
            "a_name_that_cannot_be_told_is_not_given_up",
            a_name_that_cannot_be_told_is_not_given_up,
        ),
        (
            "a_broken_configuration_holds_back_only_where_it_enforces",
            a_broken_configuration_holds_back_only_where_it_enforces,
        ),
        (
            "an_output_that_is_full_does_not_hold_storage_back",
            an_output_that_is_full_does_not_hold_storage_back,
        ),
    ];
    let named = |(name, test): (&str, fn())| trial(&format!("roots::{name}"), &[], test);
    tests.into_iter().map(named).collect()
}

const MACHINE_ID: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4\n";

struct Scene {
    directory: TempDir,
}

impl Scene {
    fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn put(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A root with names, and the machine-id that they may be derived from.
    fn host(&self, name: &str, machine_id: &str) {
        let id = "652f5d50-a689-4520-b87b-fe2552ef6b8b";
        self.put(&format!("{name}/etc/hostname"), &format!("{name}\n"));
        self.put(&format!("{name}/etc/machine-id"), machine_id);
        let iqn = "InitiatorName=iqn.2024-01.com.example:host\n";
        self.put(&format!("{name}/etc/iscsi/initiatorname.iscsi"), iqn);
        let nqn = format!("nqn.2014-08.org.nvmexpress:uuid:{id}\n");
        self.put(&format!("{name}/etc/nvme/hostnqn"), &nqn);
        self.put(&format!("{name}/etc/nvme/hostid"), &format!("{id}\n"));
    }

    /// The hardware and the boot that the kernel shows below a root.
    fn running(&self, name: &str, serial: &str, boot: &str) {
        self.put(&format!("{name}/sys/class/dmi/id/board_serial"), serial);
        self.put(&format!("{name}/proc/sys/kernel/random/boot_id"), boot);
    }

    fn command(&self, root: &str) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
        command.args(["claim", "--wait", "300s", "--root"]);
        command.arg(self.path(root)).stdin(Stdio::null());
        command
    }

    fn store(&self) -> String {
        format!("sqlite:{}", self.path("claims.db").display())
    }

    fn claim(&self, root: &str) -> Output {
        let mut command = self.command(root);
        command.args(["--store", &self.store()]).output().unwrap()
    }

    #[track_caller]
    fn claims(&self, root: &str, code: i32) {
        let output = self.claim(root);
        assert_eq!(output.status.code(), Some(code), "{output:?}");
    }

    fn configured(&self, settings: &str) -> PathBuf {
        let text = format!("store = '{}'\n{settings}", self.store());
        self.put("claim.toml", &text);
        self.path("claim.toml")
    }

    fn gate(&self, root: &str, config: &Path) -> Command {
        let mut command = self.command(root);
        command.arg("gate").arg("--config").arg(config);
        command
    }
}

/// Both are mounted on one machine, whose name and boot are not theirs.
fn two_mounted_guests_are_two_hosts() {
    let scene = Scene::new();
    scene.host("guest1", MACHINE_ID);
    scene.host("guest2", MACHINE_ID);
    scene.claims("guest1", 0);
    scene.claims("guest1", 0);
    let output = scene.claim("guest2");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(said.contains("guest1"), "{said}");
}

fn no_claim_is_made_without_the_machine_id_that_is_there() {
    let scene = Scene::new();
    scene.host("host", MACHINE_ID);
    scene.running(
        "host",
        "1ABCD23.CN70163\n",
        "11111111-1111-4111-8111-111111111111\n",
    );
    // What cannot be read, for root as well.
    let id = scene.path("host/etc/machine-id");
    fs::remove_file(&id).unwrap();
    fs::create_dir(&id).unwrap();
    let output = scene.claim("host");
    assert_eq!(output.status.code(), Some(2), "{output:?}");
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("the machine-id cannot be read"), "{said}");
    fs::remove_dir(&id).unwrap();
    fs::write(&id, MACHINE_ID).unwrap();
    scene.claims("host", 0);
    scene.claims("host", 0);
}

/// A host that boots from the network is named by pins, and its machine-id is a different one at each boot.
fn a_host_without_a_machine_id_keeps_its_claim_over_a_reboot() {
    let scene = Scene::new();
    let serial = "1ABCD23.CN70163\n";
    for name in ["host", "clone"] {
        scene.host(name, "");
    }
    scene.running("host", serial, "11111111-1111-4111-8111-111111111111\n");
    scene.claims("host", 0);
    scene.running("host", serial, "22222222-2222-4222-8222-222222222222\n");
    scene.claims("host", 0);
    scene.running(
        "clone",
        "9ZYXW87.CN70164\n",
        "33333333-3333-4333-8333-333333333333\n",
    );
    scene.claims("clone", 1);
    scene.claims("host", 0);
}

/// Neither a machine-id nor a Host ID: the initiator name keys the evidence.
fn a_host_with_iscsi_alone_claims_and_keeps_its_claim_over_a_reboot() {
    for machine_id in ["", MACHINE_ID] {
        let scene = Scene::new();
        for name in ["host", "clone"] {
            scene.host(name, machine_id);
            fs::remove_dir_all(scene.path(&format!("{name}/etc/nvme"))).unwrap();
        }
        let serial = "1ABCD23.CN70163\n";
        scene.running("host", serial, "11111111-1111-4111-8111-111111111111\n");
        scene.claims("host", 0);
        scene.running("host", serial, "22222222-2222-4222-8222-222222222222\n");
        scene.claims("host", 0);
        scene.running(
            "clone",
            "9ZYXW87.CN70164\n",
            "33333333-3333-4333-8333-333333333333\n",
        );
        let output = scene.claim("clone");
        assert_eq!(output.status.code(), Some(1), "{output:?}");
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(said.contains("board serial number different"), "{said}");
        scene.claims("host", 0);
        let mut list = scene.command("host");
        let list = list.args(["list", "--format", "json", "--store", &scene.store()]);
        let list = list.output().unwrap();
        let list: serde_json::Value = serde_json::from_slice(&list.stdout).unwrap();
        assert_eq!(list["items"][0]["iqn"], "iqn.2024-01.com.example:host");
        assert_eq!(list["items"][0].get("hostId"), None);
    }
}

fn a_name_that_cannot_be_told_is_not_given_up() {
    for (path, content, words) in [
        ("host/etc/nvme/hostid", None, "a host NQN without a Host ID"),
        (
            "host/etc/nvme/hostnqn",
            None,
            "a Host ID without a host NQN",
        ),
        ("host/etc/nvme/hostid", Some("x\n"), "a name cannot be told"),
        (
            "host/etc/iscsi/initiatorname.iscsi",
            Some(""),
            "a name cannot be told",
        ),
    ] {
        let scene = Scene::new();
        scene.host("host", MACHINE_ID);
        match content {
            Some(text) => scene.put(path, text),
            None => fs::remove_file(scene.path(path)).unwrap(),
        }
        let output = scene.claim("host");
        assert_eq!(output.status.code(), Some(2), "{path}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains(words), "{path}: {said}");
    }
}

fn a_broken_configuration_holds_back_only_where_it_enforces() {
    let scene = Scene::new();
    scene.host("host", MACHINE_ID);
    for (settings, code) in [
        ("leese = '7d'\n", 0),
        ("policy = 'report'\nleese = '7d'\n", 0),
        ("# policy = 'enforce'\nleese = '7d'\n", 0),
        ("policy = 'enforce'\nleese = '7d'\n", 1),
        ("policy = \"enforce\" # since May\nlease = 7\n", 1),
    ] {
        let config = scene.configured(settings);
        let output = scene.gate("host", &config).output().unwrap();
        assert_eq!(output.status.code(), Some(code), "{settings}: {output:?}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.contains("no claim was made"), "{said}");
    }
}

fn an_output_that_is_full_does_not_hold_storage_back() {
    let scene = Scene::new();
    scene.host("host", MACHINE_ID);
    let config = scene.configured("policy = 'enforce'\n");
    let full = File::options().write(true).open("/dev/full").unwrap();
    let output = scene.gate("host", &config).stdout(full).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{output:?}");
}
