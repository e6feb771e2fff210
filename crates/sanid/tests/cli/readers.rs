//! Programs that take the host's name from configurations of their own.

use serde_json::{Value, json};

use crate::support::host::{Host, MACHINE_ID};

const NQN: &str = "nqn.2014-08.org.nvmexpress:uuid:11111111-2222-4333-8444-555555555555";
const ID: &str = "11111111-2222-4333-8444-555555555555";
const IQN: &str = "iqn.1993-08.org.debian:01:other";

/// `[Host]` with this pair.
fn persona(nqn: &str, id: &str) -> String {
    format!("[Host]\nhostnqn = {nqn}\nhostid = {id}\n")
}

fn status(host: &Host) -> Value {
    let ran = host.run(&["status", "--format", "json"]).expect(1);
    serde_json::from_str(&ran.stdout).unwrap()
}

fn codes(status: &Value) -> Vec<&str> {
    let findings = status["findings"].as_array().unwrap().iter();
    findings.map(|one| one["code"].as_str().unwrap()).collect()
}

/// nvme-cli#3566, kubernetes#47311.
#[test]
fn status_lists_the_name_that_each_reader_takes() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    host.write("etc/nvme/nvme-fabrics.conf", persona(NQN, ID));
    let tenant = persona(NQN, ID).replace("1111", "9999");
    host.write("etc/nvme/nvme-fabrics.conf.d/10-tenant.conf", tenant);
    let record = format!("iface.initiatorname = {IQN}\n");
    host.write("var/lib/iscsi/ifaces/eth0", record);
    let found = status(&host);
    let main = json!({
        "reader": "nvme-cli 3.1",
        "part": "nvme",
        "iqn": null,
        "hostNqn": NQN,
        "hostId": ID,
        "from": "/etc/nvme/nvme-fabrics.conf:2",
        "why": null,
    });
    assert_eq!(found["readers"][0], main);
    assert_eq!(found["readers"][2]["iqn"], IQN);
    assert_eq!(found["readers"][2]["from"], "/var/lib/iscsi/ifaces/eth0:1");
    let text = host.run(&["status"]).expect(1).stdout;
    assert!(text.contains("readers with a different name"), "{text}");
    assert!(
        text.contains("from /etc/nvme/nvme-fabrics.conf.d/10-tenant.conf:2"),
        "{text}"
    );
}

/// Linux 6.5 and later refuses one Host ID under two host NQNs: nvme-cli#1956.
#[test]
fn a_persona_with_the_host_id_of_the_host_is_a_danger() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    let id = String::from_utf8(host.read("etc/nvme/hostid").unwrap()).unwrap();
    host.write("etc/nvme/nvme-fabrics.conf", persona(NQN, id.trim()));
    assert_eq!(codes(&status(&host)), ["reader-pair-conflict"]);
}

#[test]
fn a_persona_without_a_host_id_is_a_danger() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    host.write(
        "etc/nvme/nvme-fabrics.conf",
        format!("[Host]\nhostnqn = {NQN}\n"),
    );
    assert_eq!(codes(&status(&host)), ["persona-refused"]);
}

#[test]
fn a_connection_that_nvme_cli_refuses_is_a_danger() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    let file = "[Subsystem]\nnqn = nqn.2014-08.com.example:a\nqueue-size = many\n";
    host.write("etc/nvme/nvme-fabrics.conf.d/site.conf", file);
    let status = status(&host);
    assert_eq!(codes(&status), ["persona-refused"]);
    let seen = "/etc/nvme/nvme-fabrics.conf.d/site.conf:3: the value is not an integer";
    assert_eq!(status["findings"][0]["seen"], seen);
}

#[test]
fn ignores_a_configuration_that_points_to_the_identity_files() {
    let host = Host::new(MACHINE_ID);
    host.apply();
    let own = "[Host]\nnqn=file:///etc/nvme/hostnqn\nid=file:///etc/nvme/hostid\n";
    host.write("etc/stas/sys.conf", own);
    host.run(&["status"]).expect(0);
}

/// The machine-id is confidential (machine-id(5)).
#[test]
fn a_machine_id_in_a_configuration_is_not_shown() {
    let host = Host::new(MACHINE_ID);
    let (a, rest) = MACHINE_ID.split_at(8);
    let dashed = format!(
        "{a}-{}-{}-{}-{}",
        &rest[..4],
        &rest[4..8],
        &rest[8..12],
        &rest[12..]
    );
    let nqn = format!("nqn.2014-08.com.example:{}", MACHINE_ID.to_uppercase());
    host.write("etc/nvme/nvme-fabrics.conf", persona(&nqn, &dashed));
    host.write(
        "etc/nvme/config.json",
        format!("[{{\"hostid\": \"{dashed}\"}}]"),
    );
    host.write("etc/nvme/discovery.conf", format!("-I {MACHINE_ID}\n"));
    host.write("etc/stas/sys.conf", "[Host]\nid=file:///etc/machine-id\n");
    let record = format!("iface.initiatorname = iqn.2001-04.com.example:{MACHINE_ID}\n");
    host.write("var/lib/iscsi/ifaces/eth0", record);
    for words in [&["status"][..], &["status", "--format", "json"]] {
        let shown = host.run(words).expect(1).stdout.to_lowercase();
        assert!(shown.contains("(a name with the machine-id)"), "{shown}");
        assert!(!shown.replace('-', "").contains(MACHINE_ID), "{shown}");
    }
}
