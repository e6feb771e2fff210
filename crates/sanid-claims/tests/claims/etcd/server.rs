//! etcd as Debian has it, on free ports, with its data in memory; ended when it goes.

use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::Value;
use tempfile::TempDir;

use super::clocks::{self, Hand, Moves};
use super::member::{self, member};
use crate::support::{PATIENCE, eventually};

/// What is special about a server.
#[derive(Clone, Copy)]
pub(crate) enum Security<'a> {
    None,
    Tls(&'a Certificates),
    /// Room for so many bytes.
    Quota(u32),
    /// Clocks that the test moves.
    Clocks(&'a Hand, Moves),
}

/// One member that is a cluster of its own.
pub(crate) struct Etcd {
    child: Child,
    url: String,
    _data: TempDir,
}

impl Etcd {
    pub(crate) fn start(security: Security<'_>) -> Self {
        // A different program may take a port between the two steps; then others are tried.
        for _ in 0..20 {
            if let Some(etcd) = Self::try_start(security) {
                return etcd;
            }
        }
        panic!("etcd does not start");
    }

    fn try_start(security: Security<'_>) -> Option<Self> {
        let data = memory();
        let scheme = if matches!(security, Security::Tls(_)) {
            "https"
        } else {
            "http"
        };
        let (url, peer) = (
            format!("{scheme}://127.0.0.1:{}", free_port()),
            format!("http://127.0.0.1:{}", free_port()),
        );
        let mut command = match security {
            Security::Clocks(hand, moves) => hand.etcd(moves),
            _ => Command::new("etcd"),
        };
        let all = format!("only={peer}");
        let place = data.path().join("data");
        member(&mut command, "only", &place, &url, &peer, &all).args([
            "--log-level",
            "error",
            "--logger",
            "zap",
        ]);
        match security {
            Security::None | Security::Clocks(..) => {}
            Security::Quota(bytes) => {
                command.args(["--quota-backend-bytes", &bytes.to_string()]);
            }
            Security::Tls(files) => {
                command
                    .arg("--client-cert-auth")
                    .arg("--trusted-ca-file")
                    .arg(files.file("ca.pem"))
                    .arg("--cert-file")
                    .arg(files.file("server.pem"))
                    .arg("--key-file")
                    .arg(files.file("server.key"));
            }
        }
        let child = quiet(&mut command).spawn().unwrap();
        let mut etcd = Self {
            child,
            url,
            _data: data,
        };
        let ready = |etcd: &Self| match security {
            Security::Tls(_) => connects(&etcd.url),
            _ => is_healthy(&etcd.url),
        };
        let started = eventually("etcd answers", || {
            let ended = etcd.child.try_wait().unwrap().is_some();
            // The etcd of a different test may have the port, and answer while this one is about to end.
            let answers = || listens(etcd.child.id(), &etcd.url) && ready(&etcd);
            (ended || answers()).then_some(!ended)
        });
        started.then_some(etcd)
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Etcd {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn quiet(command: &mut Command) -> &mut Command {
    command
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
}

fn memory() -> TempDir {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() {
        tempfile::tempdir_in(memory).unwrap()
    } else {
        tempfile::tempdir().unwrap()
    }
}

fn free_port() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// Whether a process has the listening socket of an address, by `/proc`.
fn listens(process: u32, url: &str) -> bool {
    let (_, port) = url.rsplit_once(':').unwrap();
    let port = format!(":{:04X}", port.parse::<u16>().unwrap());
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let listening = table.lines().filter_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        // The state LISTEN (include/net/tcp_states.h).
        let is_it = fields.get(1)?.ends_with(&port) && *fields.get(3)? == "0A";
        is_it.then(|| format!("socket:[{}]", fields[9]))
    });
    let sockets: Vec<String> = listening.collect();
    let files = std::fs::read_dir(format!("/proc/{process}/fd"));
    let open = files.into_iter().flatten().flatten();
    open.filter_map(|file| std::fs::read_link(file.path()).ok())
        .any(|to| {
            sockets
                .iter()
                .any(|socket| to.as_os_str() == socket.as_str())
        })
}

pub(crate) fn a_socket_belongs_to_its_process() {
    let socket = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", socket.local_addr().unwrap());
    assert!(listens(std::process::id(), &url));
    let mut other = Command::new("sleep").arg("600").spawn().unwrap();
    assert!(!listens(other.id(), &url));
    other.kill().unwrap();
    other.wait().unwrap();
    drop(socket);
    assert!(!listens(std::process::id(), &url));
}

fn connects(url: &str) -> bool {
    let address = url.rsplit('/').next().unwrap();
    TcpStream::connect(address).is_ok()
}

/// Whether a member has a leader and answers for its cluster.
pub(crate) fn is_healthy(url: &str) -> bool {
    let health = http(url, "GET /health HTTP/1.0\r\n\r\n");
    health.is_ok_and(|said| said.contains("\"health\":\"true\""))
}

/// Every lease, and the whole seconds that are left of it.
pub(crate) fn leases(url: &str) -> Vec<(String, Duration)> {
    let ask = |path: &str, body: &str| -> Value {
        let head = format!("POST {path} HTTP/1.0\r\nContent-Length: {}", body.len());
        let said = http(url, &format!("{head}\r\n\r\n{body}")).unwrap();
        let (_, body) = said.split_once("\r\n\r\n").unwrap();
        serde_json::from_str(body).unwrap_or_else(|_| panic!("{path}: {said}"))
    };
    let list = ask("/v3/lease/leases", "{}");
    let all = list["leases"].as_array().into_iter().flatten();
    all.map(|lease| {
        let id = lease["ID"].as_str().unwrap().to_owned();
        let left = ask("/v3/lease/timetolive", &format!("{{\"ID\":\"{id}\"}}"));
        // One that is over has less than nothing left.
        let seconds = left["TTL"].as_str().and_then(|ttl| ttl.parse().ok());
        (id, Duration::from_secs(seconds.unwrap_or_default()))
    })
    .collect()
}

/// What a member says over HTTP, with its head.
pub(crate) fn http(url: &str, request: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(url.rsplit('/').next().unwrap())?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(request.as_bytes())?;
    let mut said = String::new();
    stream.read_to_string(&mut said)?;
    Ok(said)
}

fn control(url: &str) -> Command {
    let mut command = Command::new("etcdctl");
    command.env("ETCDCTL_API", "3").args(["--endpoints", url]);
    command
}

/// Runs `etcdctl`, which has to succeed.
#[track_caller]
pub(crate) fn etcdctl(url: &str, words: &str) {
    let output = control(url).args(words.split(' ')).output().unwrap();
    assert!(
        output.status.success(),
        "etcdctl {words}: {}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// Certificates as an administrator makes them.
pub(crate) struct Certificates {
    directory: TempDir,
}

impl Certificates {
    pub(crate) fn make() -> Self {
        let made = Self {
            directory: tempfile::tempdir().unwrap(),
        };
        made.authority("ca");
        made.authority("other-ca");
        made.pair("server", "ca", "10");
        made.pair("client", "ca", "10");
        made.pair("of-another-ca", "other-ca", "10");
        // Its time was over before it began.
        made.pair("expired", "ca", "-1");
        made
    }

    pub(crate) fn file(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn openssl(&self, words: &str) {
        let output = Command::new("openssl")
            .current_dir(self.directory.path())
            .args(words.split(' '))
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "openssl {words}: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }

    fn authority(&self, name: &str) {
        self.openssl(&format!("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 10 -subj /CN={name} -keyout {name}.key -out {name}.pem"));
    }

    fn pair(&self, name: &str, ca: &str, days: &str) {
        self.openssl(&format!("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"));
        std::fs::write(self.file("extensions"), "subjectAltName = IP:127.0.0.1, DNS:localhost\nextendedKeyUsage = serverAuth, clientAuth\n").unwrap();
        self.openssl(&format!("x509 -req -in {name}.csr -CA {ca}.pem -CAkey {ca}.key -CAcreateserial -days {days} -extfile extensions -out {name}.pem"));
    }
}

/// Three members, the last one in a network of its own. In a network namespace that the test made.
pub(crate) struct Cluster {
    members: Vec<Member>,
    /// Keeps the network of the last one.
    holder: Child,
    data: TempDir,
    /// Where each member has clocks of its own: that of the second one, which the test moves.
    pub(crate) hand: Option<Hand>,
    started: u64,
}

struct Member {
    address: &'static str,
    port: u16,
    child: Option<Child>,
    inside: bool,
}

impl Cluster {
    pub(crate) fn start(memory: &Path, clocks_apart: bool) -> Self {
        let holder = quiet(Command::new("unshare").args(["--net", "sleep", "10000"]))
            .spawn()
            .unwrap();
        let process = holder.id().to_string();
        // It is in its network only a moment after it was started.
        let own = std::fs::read_link("/proc/self/ns/net").unwrap();
        let theirs = format!("/proc/{process}/ns/net");
        eventually("the process is in its own network", || {
            let there = std::fs::read_link(&theirs);
            there.is_ok_and(|theirs| theirs != own).then_some(())
        });
        run("ip link set lo up");
        run("ip link add v0 type veth peer name v1");
        run(&format!("ip link set v1 netns {process}"));
        run("ip addr add 10.99.0.1/24 dev v0");
        run("ip link set v0 up");
        for words in [
            "ip link set lo up",
            "ip addr add 10.99.0.2/24 dev v1",
            "ip link set v1 up",
        ] {
            run(&format!("nsenter --net --target {process} {words}"));
        }
        let member = |address, port, inside| Member {
            address,
            port,
            child: None,
            inside,
        };
        let data = tempfile::tempdir_in(memory).unwrap();
        let mut cluster = Self {
            hand: clocks_apart.then(|| Hand::new(data.path())),
            started: 0,
            members: vec![
                member("10.99.0.1", 2379, false),
                member("10.99.0.1", 3379, false),
                member("10.99.0.2", 2379, true),
            ],
            holder,
            data,
        };
        for number in 0..3 {
            cluster.restart(number);
        }
        eventually("each member of the cluster has a leader", || {
            (0..3)
                .all(|one| is_healthy(&cluster.url(one)))
                .then_some(())
        });
        cluster
    }

    pub(crate) fn url(&self, number: usize) -> String {
        self.members[number].url()
    }

    pub(crate) fn urls(&self) -> String {
        let urls = self.members.iter().map(Member::url);
        urls.collect::<Vec<_>>().join(",")
    }

    pub(crate) fn kill(&mut self, number: usize) {
        self.signal(number, "KILL");
        if let Some(mut child) = self.members[number].child.take() {
            let _ = child.kill();
            child.wait().unwrap();
        }
    }

    pub(crate) fn restart(&mut self, number: usize) {
        let all: Vec<String> = (0..3)
            .map(|one| format!("m{one}={}", self.members[one].peer()))
            .collect();
        let member = &self.members[number];
        let (url, peer) = (member.url(), member.peer());
        self.started += 1;
        let etcd = match &self.hand {
            None => Command::new("etcd"),
            Some(hand) if number == 1 => hand.etcd(Moves::TimeOfDay),
            // Months apart, and others after each start, as after a boot.
            Some(_) => clocks::began_before(7_000_000 * self.started),
        };
        let mut command = if member.inside {
            let mut command = Command::new("nsenter");
            command.args(["--net", "--target", &self.holder.id().to_string()]);
            command.arg(etcd.get_program()).args(etcd.get_args());
            command
        } else {
            etcd
        };
        let name = format!("m{number}");
        let place = self.data.path().join(&name);
        member::member(&mut command, &name, &place, &url, &peer, &all.join(",")).args([
            "--log-level",
            "error",
            "--logger",
            "zap",
        ]);
        self.members[number].child = Some(quiet(&mut command).spawn().unwrap());
    }

    /// The last member hears nobody, and nobody hears it.
    pub(crate) fn cut_off(&self, off: bool) {
        let state = if off { "down" } else { "up" };
        run(&format!(
            "nsenter --net --target {} ip link set v1 {state}",
            self.holder.id()
        ));
    }

    pub(crate) fn signal(&self, number: usize, signal: &str) {
        if let Some(child) = &self.members[number].child {
            // It may have gone by itself.
            let _ = Command::new("kill")
                .args([&format!("-{signal}"), &server(child).to_string()])
                .status();
        }
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        for number in 0..3 {
            self.kill(number);
        }
        let _ = self.holder.kill();
        let _ = self.holder.wait();
    }
}

impl Member {
    fn url(&self) -> String {
        format!("http://{}:{}", self.address, self.port)
    }

    fn peer(&self) -> String {
        format!("http://{}:{}", self.address, self.port + 1)
    }
}

/// The process that is etcd: a child of `unshare` where that has made it a time of its own.
fn server(child: &Child) -> u32 {
    let id = child.id();
    let children = std::fs::read_to_string(format!("/proc/{id}/task/{id}/children"));
    let first = |children: String| children.split(' ').next()?.parse().ok();
    children.ok().and_then(first).unwrap_or(id)
}

#[track_caller]
fn run(words: &str) {
    let mut words = words.split(' ');
    let status = Command::new(words.next().unwrap())
        .args(words)
        .status()
        .unwrap();
    assert!(status.success());
}
