//! One sshd that is many hosts: each is a port with a command of its own.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use testkit::trial::program;

/// A host that sshd plays: its name, and what runs in place of what is asked for.
const COMMANDS: [(&str, &str); 12] = [
    ("node-1", "cat $DIR/report.json"),
    ("node-2", "cat $DIR/report.json; exit 1"),
    ("banner", "echo 'Welcome to the rack'; cat $DIR/report.json"),
    ("hangs", "exec sleep 1000"),
    ("garbage", "head -c 100000 /dev/urandom"),
    ("endless", "head -c 1073741824 /dev/zero"),
    // What is asked for, which is not there.
    ("no-sanid", "PATH=/nonexistent; sanid status"),
    ("no-sudo", "echo 'sudo: a password is required' >&2; exit 1"),
    ("no-key", ""),
    ("error", "printf '{\"apiVersion\":\"sanid/v1\",\"kind\":\"Error\",\"exitCode\":2,\"message\":\"no such directory\"}'"),
    ("asked", "echo \"asked for: $SSH_ORIGINAL_COMMAND\" >&2"),
    // It waits until as many as are allowed have run at one time, and then for more, which must not come.
    (
        "slow",
        "cd $DIR/running && : > $$
        until [ $(sort -n ../counts 2>/dev/null | tail -n 1 | grep . || echo 0) -ge $(cat ../wanted) ]; do
            ls | wc -l >> ../counts; sleep 0.05
        done
        for again in $(seq 40); do ls | wc -l >> ../counts; sleep 0.05; done
        rm $$; cat $DIR/report.json",
    ),
];

const REPORT: &str = "{\n  \"apiVersion\": \"sanid/v1\",\n  \"kind\": \"Status\",\n  \"host\": \"its-own-name\",\n  \"seed\": {\"name\": \"machine-id\", \"state\": \"stable\", \"fingerprint\": \"f2b49605dc714598a047e7e73909e4c7\"},\n  \"findings\": []\n}\n";

/// One at a time: free ports are only free until somebody takes them.
static ONE: Mutex<()> = Mutex::new(());

pub(crate) struct Server {
    _one: MutexGuard<'static, ()>,
    directory: tempfile::TempDir,
    sshd: Child,
    made_run: bool,
    /// It accepts, and never says a word.
    _silent: TcpListener,
}

/// Ports that are free now.
fn ports(count: usize) -> Vec<u16> {
    let listeners: Vec<TcpListener> = (0..count)
        .map(|_| TcpListener::bind("127.0.0.1:0").unwrap())
        .collect();
    listeners
        .iter()
        .map(|one| one.local_addr().unwrap().port())
        .collect()
}

fn key(path: &Path) {
    let made = Command::new("ssh-keygen")
        .args(["-q", "-t", "ed25519", "-N", "", "-f"])
        .arg(path)
        .status()
        .unwrap();
    assert!(made.success());
}

impl Server {
    pub(crate) fn start() -> Self {
        let one = ONE.lock().unwrap_or_else(PoisonError::into_inner);
        let directory = tempfile::tempdir().unwrap();
        let dir = directory.path();
        fs::set_permissions(dir, fs::Permissions::from_mode(0o755)).unwrap();
        for name in ["host", "user", "stranger"] {
            key(&dir.join(name));
        }
        fs::copy(dir.join("user.pub"), dir.join("authorized")).unwrap();
        fs::create_dir(dir.join("running")).unwrap();
        fs::write(dir.join("report.json"), REPORT).unwrap();
        let ports = ports(COMMANDS.len() + 1);
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let made_run = fs::create_dir("/run/sshd").is_ok();
        write_server(dir, &ports);
        write_client(dir, &ports, silent.local_addr().unwrap().port());
        let log = fs::File::create(dir.join("sshd.log")).unwrap();
        let sshd = Command::new(program("sshd").unwrap())
            .args(["-D", "-e", "-f"])
            .arg(dir.join("sshd_config"))
            .stdin(Stdio::null())
            .stderr(log)
            .spawn()
            .unwrap();
        let server = Self {
            _one: one,
            directory,
            sshd,
            made_run,
            _silent: silent,
        };
        server.wait_for(ports[0]);
        server
    }

    fn dir(&self) -> &Path {
        self.directory.path()
    }

    fn wait_for(&self, port: u16) {
        let begin = Instant::now();
        while std::net::TcpStream::connect(("127.0.0.1", port)).is_err() {
            let log = || fs::read_to_string(self.dir().join("sshd.log")).unwrap();
            let waited = begin.elapsed();
            assert!(
                waited < Duration::from_secs(300),
                "sshd does not listen: {}",
                log()
            );
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    fn command(&self, hosts: &str, words: &[&str]) -> Command {
        let list: PathBuf = self.dir().join("hosts.txt");
        fs::write(&list, hosts).unwrap();
        // One that does not end a hanging ssh hangs itself; with it goes all that it started.
        let mut command = Command::new("timeout");
        command
            .args(["900", env!("CARGO_BIN_EXE_sanid-fleet")])
            .args(["collect", "--ssh"])
            .arg(list)
            .arg("--ssh-config")
            .arg(self.dir().join("ssh_config"))
            .args(words);
        for option in ["--timeout", "--connect-timeout"] {
            if !words.contains(&option) {
                command.args([option, "300"]);
            }
        }
        command.env_remove("SSH_AUTH_SOCK");
        command
    }

    pub(crate) fn collect(&self, hosts: &str, words: &[&str]) -> Output {
        self.command(hosts, words).output().unwrap()
    }

    /// The paths that ssh names when it is to say all that it does.
    pub(crate) fn told_paths(&self, host: &str) -> Vec<String> {
        let run = self.collect(host, &["--ssh-option", "LogLevel=DEBUG1"]);
        assert_eq!(run.status.code(), Some(1));
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        told.split(|char: char| char.is_whitespace() || "\"';:".contains(char))
            .filter(|word| word.starts_with('/'))
            .map(str::to_owned)
            .collect()
    }

    pub(crate) fn audit(&self, reports: &[u8]) -> Output {
        let path = self.dir().join("reports.ndjson");
        fs::write(&path, reports).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_sanid-fleet"));
        command.arg("audit").arg(path).output().unwrap()
    }

    /// Asks eight hosts that wait for each other, so many at a time.
    pub(crate) fn slow(&self, jobs: usize) -> Output {
        fs::write(self.dir().join("wanted"), jobs.to_string()).unwrap();
        let hosts: String = (0..8).map(|number| format!("slow-{number}\n")).collect();
        self.collect(&hosts, &["--jobs", &jobs.to_string()])
    }

    /// How many of them ran at one time, since it was last asked.
    pub(crate) fn most_at_once(&self) -> usize {
        let path = self.dir().join("counts");
        let counts = fs::read_to_string(&path).unwrap();
        fs::remove_file(path).unwrap();
        counts
            .lines()
            .map(|line| line.trim().parse().unwrap())
            .max()
            .unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.sshd.kill();
        let _ = self.sshd.wait();
        if self.made_run {
            let _ = fs::remove_dir("/run/sshd");
        }
    }
}

fn write_server(dir: &Path, ports: &[u16]) {
    let shown = dir.display();
    let mut config = format!(
        "ListenAddress 127.0.0.1\nHostKey {shown}/host\nPidFile none\nUsePAM no\nStrictModes no\n\
         PasswordAuthentication no\nKbdInteractiveAuthentication no\nPermitRootLogin yes\n\
         MaxStartups 100\nAuthorizedKeysFile {shown}/authorized\n"
    );
    for port in ports.iter().take(COMMANDS.len()) {
        config += &format!("Port {port}\n");
    }
    for ((name, command), port) in COMMANDS.iter().zip(ports) {
        let command = command.replace("$DIR", &shown.to_string());
        config += &format!("Match LocalPort {port}\n");
        if *name == "no-key" {
            config += "  AuthorizedKeysFile none\n";
        } else {
            let script = dir.join(format!("{name}.sh"));
            fs::write(&script, format!("{command}\n")).unwrap();
            config += &format!("  ForceCommand sh {}\n", script.display());
        }
    }
    fs::write(dir.join("sshd_config"), config).unwrap();
}

fn write_client(dir: &Path, ports: &[u16], silent: u16) {
    let shown = dir.display();
    let host = fs::read_to_string(dir.join("host.pub")).unwrap();
    let stranger = fs::read_to_string(dir.join("stranger.pub")).unwrap();
    let mut known = String::new();
    let mut config = String::new();
    let mut alias = |pattern: &str, name: &str, port: u16, key: &str| {
        config += &format!(
            "Host {pattern}\n  HostName 127.0.0.1\n  Port {port}\n  HostKeyAlias {name}\n"
        );
        known += &format!("{name} {key}");
    };
    for ((name, _), port) in COMMANDS.iter().zip(ports) {
        let pattern = if *name == "slow" { "slow-*" } else { name };
        alias(pattern, name, *port, &host);
    }
    alias("other-key", "other-key", ports[0], &stranger);
    alias("refuses", "refuses", ports[COMMANDS.len()], &host);
    alias("silent", "silent", silent, &host);
    config += "Host nobody\n  HostName host.invalid\n";
    config += &format!(
        "Host *\n  User root\n  IdentityFile {shown}/user\n  IdentitiesOnly yes\n  IdentityAgent none\n  \
         UserKnownHostsFile {shown}/known_hosts\n  GlobalKnownHostsFile none\n  \
         StrictHostKeyChecking yes\n  UpdateHostKeys no\n"
    );
    fs::write(dir.join("known_hosts"), known).unwrap();
    fs::write(dir.join("ssh_config"), config).unwrap();
}
