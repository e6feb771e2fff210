//! The Ansible role, run by the real Ansible with the playbook of docs/deployment.md.

use std::fmt::Write as _;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

use libtest_mimic::Trial;
use tempfile::TempDir;

use super::deployment::{HOST_ID, TREE, block, tree};
use super::installed::{REPOSITORY, STATIC, static_binary};
use super::packages::DEBS;
use super::support::host::{FILES, FOREIGN, MACHINE_ID, OTHER_MACHINE_ID, Ran};
use testkit::trial::{Need, UNSHARE, trial};

const ANSIBLE: Need = Need::Program("ansible-playbook", "ansible");

pub(crate) fn trials() -> Vec<Trial> {
    const LOCAL: &[Need] = &[ANSIBLE, STATIC];
    const CHROOT: &[Need] = &[
        Need::Root,
        UNSHARE,
        ANSIBLE,
        STATIC,
        TREE,
        Need::Program("dh", "debhelper"),
    ];
    vec![
        trial(
            "the_ansible_role_installs_the_package_and_changes_nothing_again",
            CHROOT,
            ansible_installs,
        ),
        trial(
            "the_ansible_role_sets_pins_and_gives_facts",
            LOCAL,
            ansible_configures,
        ),
        trial(
            "the_ansible_role_refuses_foreign_names_and_duplicates",
            LOCAL,
            ansible_refuses,
        ),
    ]
}

/// A machine that administers hosts below directories.
struct Site(TempDir);

impl Site {
    fn new(hosts: &[(&str, &str)]) -> Self {
        let site = Self(tempfile::tempdir_in("/var/tmp").unwrap());
        let mut inventory = "[san]\n".to_owned();
        for (name, machine_id) in hosts {
            let root = site.at(name);
            fs::create_dir_all(root.join("etc")).unwrap();
            fs::write(root.join("etc/machine-id"), format!("{machine_id}\n")).unwrap();
            let root = root.display();
            let _ = writeln!(
                inventory,
                "{name} sanid_root={root} ansible_connection=local sanid_package="
            );
        }
        site.write("hosts.ini", &inventory);
        site
    }

    fn at(&self, path: &str) -> PathBuf {
        self.0.path().join(path)
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.at(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.at(path)).unwrap_or_default()
    }

    /// Runs the playbook of the page.
    fn play(&self, options: &[&str]) -> Ran {
        let playbook = block("## 4. Ansible", "yaml", 1)
            .replace("- hosts: san", "- hosts: san\n  gather_facts: false");
        // As the user who runs the tests, root or not.
        self.write("site.yml", &playbook.replace("  become: true\n", ""));
        let programs = static_binary("sanid");
        let path = format!(
            "{}:{}",
            programs.parent().unwrap().display(),
            std::env::var("PATH").unwrap()
        );
        let mut command = Command::new("ansible-playbook");
        command
            .args(["-i", "hosts.ini", "site.yml"])
            .args(options)
            .current_dir(self.0.path());
        command.env(
            "ANSIBLE_ROLES_PATH",
            format!("{REPOSITORY}/dist/fleet/usr/share/ansible/roles"),
        );
        command
            .env("ANSIBLE_LOCAL_TEMP", self.at("tmp"))
            .env("PATH", path);
        Ran::of(command.env("ANSIBLE_NOCOLOR", "1").env("LC_ALL", "C.UTF-8"))
    }
}

fn ansible_configures() {
    let site = Site::new(&[("web-1", MACHINE_ID), ("web-2", OTHER_MACHINE_ID)]);
    let pin = "{\"sanid_pins\": {\"iqn\": \"iqn.2024-01.com.example:db\"}}";
    let dry = site.play(&["--check"]).expect(0);
    assert!(dry.stdout.contains("changed=3"), "{dry:#?}");
    assert_eq!(
        site.read("web-1/etc/nvme/hostid"),
        "",
        "check mode writes nothing"
    );
    let first = site
        .play(&["--limit", "web-1", "--extra-vars", pin])
        .expect(0);
    let shown =
        format!("iqn.2024-01.com.example:db nqn.2014-08.org.nvmexpress:uuid:{HOST_ID} {HOST_ID}");
    assert!(first.stdout.contains(&shown), "{first:#?}");
    let config = site.read("web-1/etc/sanid/config.d/60-ansible.toml");
    assert_eq!(
        config,
        "# Managed by Ansible.\nscheme = \"sanid-v1\"\npin.iqn = \"iqn.2024-01.com.example:db\"\n"
    );
    let second = site
        .play(&["--limit", "web-1", "--extra-vars", pin])
        .expect(0);
    assert!(second.stdout.contains("changed=0"), "{second:#?}");
}

fn ansible_refuses() {
    let site = Site::new(&[
        ("web-1", MACHINE_ID),
        ("web-2", MACHINE_ID),
        ("db-1", OTHER_MACHINE_ID),
    ]);
    for (path, text) in FILES.iter().zip(FOREIGN) {
        site.write(&format!("db-1/{path}"), text);
    }
    let ran = site.play(&[]).expect(2);
    for text in [
        "web-1 has a storage name of web-2",
        "web-2 has a storage name of web-1",
        "db-1 has iqn.1993-08.org.debian:01:5ca1ab1e0042",
        "Set sanid_existing to keep or to replace",
    ] {
        assert!(
            (ran.stdout.clone() + &ran.stderr).contains(text),
            "{text}: {ran:#?}"
        );
    }
    assert_eq!(site.read("db-1/etc/nvme/hostid"), FOREIGN[2]);
    let keep = site
        .play(&["--limit", "db-1", "--extra-vars", "sanid_existing=keep"])
        .expect(0);
    assert!(keep.stdout.contains(FOREIGN[2].trim_end()), "{keep:#?}");
    let replace = ["--limit", "db-1", "--extra-vars", "sanid_existing=replace"];
    site.play(&replace).expect(0);
    assert_ne!(site.read("db-1/etc/nvme/hostid"), FOREIGN[2]);
    site.play(&[
        "--limit",
        "web-1,web-2",
        "--extra-vars",
        "sanid_fail_on_duplicate=false",
    ])
    .expect(0);
}

/// With the connection of Ansible that enters a chroot, in a copy of Debian 12.
fn ansible_installs() {
    let site = Site::new(&[]);
    let debs = fs::read_dir(DEBS.path()).unwrap();
    let deb = debs
        .map(|one| one.unwrap().path())
        .find(|path| path.display().to_string().contains("/sanid_"))
        .unwrap();
    site.write(
        "hosts.ini",
        &format!(
            "[san]\n{} ansible_connection=community.general.chroot sanid_root=/ sanid_package={}\n\
         [san:vars]\nansible_python_interpreter=/usr/bin/python3\n",
            site.at("image").display(),
            deb.display()
        ),
    );
    site.play(&["--syntax-check"]).expect(0);
    let script = format!(
        "mount -t tmpfs tmpfs tmp; mkdir tmp/upper tmp/work image
         mount -t overlay overlay -o lowerdir=$1,upperdir=tmp/upper,workdir=tmp/work image
         mount -t proc proc image/proc; mount --rbind /dev image/dev; echo {MACHINE_ID} >image/etc/machine-id
         mkdir tmp/ansible; export HOME=$PWD/tmp/ansible
         ansible-playbook -i hosts.ini site.yml; ansible-playbook -i hosts.ini site.yml; cat image/etc/nvme/hostid"
    );
    let mut command = Command::new("unshare");
    command
        .args(["--mount", "sh", "-euc", &script, "sh"])
        .arg(tree())
        .current_dir(site.0.path());
    command
        .env(
            "ANSIBLE_ROLES_PATH",
            format!("{REPOSITORY}/dist/fleet/usr/share/ansible/roles"),
        )
        .env("LC_ALL", "C.UTF-8");
    let ran = Ran::of(command.env("ANSIBLE_NOCOLOR", "1")).expect(0);
    assert!(ran.stdout.ends_with(&format!("{HOST_ID}\n")), "{ran:#?}");
    assert!(
        ran.stdout.contains("changed=5") && ran.stdout.contains("changed=0"),
        "{ran:#?}"
    );
}
