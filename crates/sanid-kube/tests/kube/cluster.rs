//! A control plane on loopback: Debian's etcd, and the API server and the controller manager that
//! `cargo xtask test --only kube-server` builds. Everything ends with the value.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use kube::api::{Api, DynamicObject, PostParams};
use kube::config::{
    self, AuthInfo, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster,
    NamedContext,
};
use kube::core::{ApiResource, GroupVersionKind};
use kube::{Client, Config};
use serde_json::{Value, json};

use crate::render;
use crate::support::{PATIENCE, patiently};

#[path = "../../../sanid-claims/tests/claims/etcd/member.rs"]
mod member;

use member::member;

/// Where the agents' service account is.
pub(crate) const NAMESPACE: &str = "sanid-system";

/// The control plane.
pub(crate) struct Cluster {
    directory: tempfile::TempDir,
    servers: PathBuf,
    etcd_port: u16,
    port: u16,
    etcd: Mutex<Option<Process>>,
    server: Mutex<Option<Process>>,
    manager: Mutex<Option<Process>>,
}

/// While it lives the API server does not. A test that fails leaves one to the next.
pub(crate) struct Away<'a>(&'a Cluster);

impl Drop for Away<'_> {
    fn drop(&mut self) {
        // In a thread of its own: a test that fails may be inside of a runtime, and there can be no second one.
        std::thread::scope(|scope| {
            scope.spawn(|| self.0.start_server());
        });
    }
}

/// A process that ends with the value.
pub(crate) struct Process(Child);

impl Process {
    pub(crate) fn start(command: &mut Command) -> Self {
        Self(command.stdin(Stdio::null()).spawn().unwrap())
    }

    pub(crate) fn id(&self) -> u32 {
        self.0.id()
    }

    /// As `kill -9` and a power cut end it.
    pub(crate) fn kill(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }

    /// As the kubelet ends it; its exit code.
    pub(crate) fn end(&mut self) -> Option<i32> {
        let pid = rustix::process::Pid::from_raw(i32::try_from(self.0.id()).unwrap()).unwrap();
        let _ = rustix::process::kill_process(pid, rustix::process::Signal::TERM);
        self.0.wait().unwrap().code()
    }

    pub(crate) fn has_ended(&mut self) -> Option<i32> {
        self.0
            .try_wait()
            .unwrap()
            .map(|status| status.code().unwrap_or(-1))
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.kill();
    }
}

/// Why there can be no control plane here.
pub(crate) fn cannot() -> Option<String> {
    let Some(servers) = std::env::var_os("SANID_KUBE_SERVER") else {
        return Some(
            "SANID_KUBE_SERVER is not set: cargo xtask test --only kube-server kube".into(),
        );
    };
    for (program, at) in [
        ("kube-apiserver", PathBuf::from(&servers)),
        ("kube-controller-manager", PathBuf::from(&servers)),
        ("etcd", "/usr/bin".into()),
        ("go", "/usr/bin".into()),
        ("openssl", "/usr/bin".into()),
        ("faketime", "/usr/bin".into()),
    ] {
        if !at.join(program).exists() {
            return Some(format!("there is no {program} in {}", at.display()));
        }
    }
    None
}

impl Cluster {
    /// Starts it, and installs what the chart installs on such a cluster.
    pub(crate) fn start() -> Self {
        let cluster = Self::without_collector();
        cluster.start_manager();
        cluster
    }

    /// The same without the garbage collector.
    pub(crate) fn without_collector() -> Self {
        let cluster = Self::empty();
        cluster.install();
        cluster
    }

    /// Starts one that has nothing yet, and no garbage collector.
    pub(crate) fn empty() -> Self {
        let cluster = Self {
            directory: tempfile::tempdir().unwrap(),
            servers: std::env::var_os("SANID_KUBE_SERVER").unwrap().into(),
            etcd_port: free_port(),
            port: free_port(),
            etcd: Mutex::default(),
            server: Mutex::default(),
            manager: Mutex::default(),
        };
        cluster.keys();
        cluster.start_etcd();
        cluster.start_server();
        cluster
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    fn keys(&self) {
        fs::write(
            self.path("tokens.csv"),
            "administrator,admin,1,system:masters\n",
        )
        .unwrap();
        fs::write(self.path("admin.token"), "administrator").unwrap();
        let openssl = |arguments: &[&str]| {
            let done = Command::new("openssl")
                .args(arguments)
                .current_dir(self.directory.path())
                .output()
                .unwrap();
            assert!(
                done.status.success(),
                "{}",
                String::from_utf8_lossy(&done.stderr)
            );
        };
        openssl(&["genrsa", "-out", "account.key", "2048"]);
        openssl(&[
            "rsa",
            "-in",
            "account.key",
            "-pubout",
            "-out",
            "account.pub",
        ]);
        openssl(&[
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-days",
            "2",
            "-keyout",
            "ca.key",
            "-out",
            "ca.crt",
            "-subj",
            "/CN=test authority",
        ]);
        openssl(&[
            "req",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            "tls.key",
            "-out",
            "tls.csr",
            "-subj",
            "/CN=kube-apiserver",
        ]);
        fs::write(
            self.path("san"),
            "subjectAltName=IP:127.0.0.1\nbasicConstraints=CA:FALSE\n",
        )
        .unwrap();
        openssl(&[
            "x509",
            "-req",
            "-in",
            "tls.csr",
            "-CA",
            "ca.crt",
            "-CAkey",
            "ca.key",
            "-CAcreateserial",
            "-days",
            "2",
            "-extfile",
            "san",
            "-out",
            "tls.crt",
        ]);
    }

    fn log(&self, name: &str) -> Stdio {
        let file = fs::File::options()
            .create(true)
            .append(true)
            .open(self.path(name))
            .unwrap();
        file.into()
    }

    fn start_etcd(&self) {
        let url = format!("http://127.0.0.1:{}", self.etcd_port);
        let peer = format!("http://127.0.0.1:{}", free_port());
        let mut command = Command::new("/usr/bin/etcd");
        let all = format!("only={peer}");
        member(&mut command, "only", &self.path("etcd"), &url, &peer, &all)
            .stdout(self.log("etcd.log"))
            .stderr(self.log("etcd.log"));
        *self.etcd.lock().unwrap() = Some(Process::start(&mut command));
    }

    /// Starts the API server and waits until it answers.
    fn start_server(&self) {
        let file = |name: &str| self.path(name).display().to_string();
        let options = [
            (
                "etcd-servers",
                format!("http://127.0.0.1:{}", self.etcd_port),
            ),
            ("bind-address", "127.0.0.1".into()),
            ("secure-port", self.port.to_string()),
            ("cert-dir", file("certificates")),
            ("tls-cert-file", file("tls.crt")),
            ("tls-private-key-file", file("tls.key")),
            (
                "service-account-issuer",
                "https://kubernetes.default.svc".into(),
            ),
            ("service-account-key-file", file("account.pub")),
            ("service-account-signing-key-file", file("account.key")),
            ("token-auth-file", file("tokens.csv")),
            ("authorization-mode", "RBAC".into()),
            ("service-cluster-ip-range", "10.0.0.0/24".into()),
            // Watches then come from etcd itself, with all of the history.
            ("watch-cache", "false".into()),
            ("etcd-compaction-interval", "0".into()),
            ("allow-privileged", "true".into()),
            // 200 agents at once are no reason for 429.
            ("enable-priority-and-fairness", "false".into()),
            ("max-requests-inflight", "2000".into()),
            ("max-mutating-requests-inflight", "2000".into()),
            // No controller makes the default service accounts here.
            ("disable-admission-plugins", "ServiceAccount".into()),
        ];
        let mut command = Command::new(self.servers.join("kube-apiserver"));
        command
            .args(options.map(|(name, value)| format!("--{name}={value}")))
            .stdout(self.log("server.log"))
            .stderr(self.log("server.log"));
        *self.server.lock().unwrap() = Some(Process::start(&mut command));
        block(async {
            let client = self.admin().await;
            eventually("the API server answers", async || {
                let request = http::Request::get("/readyz").body(Vec::new()).unwrap();
                match client.request_text(request).await {
                    Ok(text) if text == "ok" => Ok(()),
                    other => Err((other, self.end_of("server.log"))),
                }
            })
            .await;
        });
    }

    fn end_of(&self, log: &str) -> Vec<String> {
        let log = fs::read_to_string(self.path(log)).unwrap();
        log.lines().rev().take(20).map(str::to_owned).collect()
    }

    /// Ends the API server as a power cut does, until the value is dropped.
    pub(crate) fn without_server(&self) -> Away<'_> {
        drop(self.server.lock().unwrap().take());
        Away(self)
    }

    /// The one controller that matters here: what belongs to a deleted node is deleted.
    fn start_manager(&self) {
        let kubeconfig = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": {
                "server": self.url(), "certificate-authority": self.path("ca.crt"),
            }}],
            "users": [{"name": "here", "user": {"token": "administrator"}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "here"}}],
        });
        fs::write(self.path("kubeconfig"), kubeconfig.to_string()).unwrap();
        let mut command = Command::new(self.servers.join("kube-controller-manager"));
        command
            .args([
                "--controllers=garbagecollector",
                "--leader-elect=false",
                "--port=0",
            ])
            .arg(format!("--secure-port={}", free_port()))
            .args(["--bind-address=127.0.0.1"])
            .arg(format!("--cert-dir={}", self.path("manager").display()))
            .arg(format!(
                "--kubeconfig={}",
                self.path("kubeconfig").display()
            ))
            .stdout(self.log("manager.log"))
            .stderr(self.log("manager.log"));
        *self.manager.lock().unwrap() = Some(Process::start(&mut command));
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn url(&self) -> String {
        format!("https://127.0.0.1:{}", self.port)
    }

    /// A client with all rights.
    pub(crate) async fn admin(&self) -> Client {
        self.client(&self.path("admin.token")).await
    }

    /// A client with the rights of a token.
    pub(crate) async fn client(&self, token: &Path) -> Client {
        let here = || "here".to_owned();
        let files = Kubeconfig {
            clusters: vec![NamedCluster {
                name: here(),
                cluster: Some(config::Cluster {
                    server: Some(self.url()),
                    certificate_authority: Some(self.path("ca.crt").display().to_string()),
                    ..config::Cluster::default()
                }),
            }],
            auth_infos: vec![NamedAuthInfo {
                name: here(),
                auth_info: Some(AuthInfo {
                    token_file: Some(token.display().to_string()),
                    ..AuthInfo::default()
                }),
            }],
            contexts: vec![NamedContext {
                name: here(),
                context: Some(Context {
                    cluster: here(),
                    user: Some(here()),
                    ..Context::default()
                }),
            }],
            current_context: Some(here()),
            ..Kubeconfig::default()
        };
        let config = Config::from_custom_kubeconfig(files, &KubeConfigOptions::default())
            .await
            .unwrap();
        Client::try_from(config).unwrap()
    }

    /// The definitions, and every document of the chart that this version knows.
    fn install(&self) {
        block(async {
            let client = self.admin().await;
            let namespace =
                json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
            create(&client, &namespace).await;
            for definition in sanid_kube::resources::definitions() {
                create(&client, &serde_json::to_value(definition).unwrap()).await;
            }
            for document in render::documents(
                "v1.20.2",
                &json!({"agent": {"startupTaint": "sanid.dev/unverified"}}),
            ) {
                create(&client, &document).await;
            }
        });
    }

    /// A token of the agents' service account, as the kubelet asks for one: a new one for each node. (That it
    /// says the node is from 1.30 on; the policy that reads it is tested by itself.)
    pub(crate) async fn token(&self, name: &str) -> PathBuf {
        self.token_of("sanid-kube", name).await
    }

    /// A token of any service account.
    pub(crate) async fn token_of(&self, account: &str, name: &str) -> PathBuf {
        let client = self.admin().await;
        let body = json!({
            "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
            "spec": {"audiences": ["https://kubernetes.default.svc"], "expirationSeconds": 3600},
        });
        let request = http::Request::post(format!(
            "/api/v1/namespaces/{NAMESPACE}/serviceaccounts/{account}/token"
        ))
        .header("content-type", "application/json")
        .body(body.to_string().into_bytes())
        .unwrap();
        let answer: Value = client.request(request).await.unwrap();
        let path = self.path(&format!("{name}.token"));
        fs::write(&path, answer["status"]["token"].as_str().unwrap()).unwrap();
        path
    }
}

/// Creates what a manifest says.
pub(crate) async fn create(client: &Client, document: &Value) {
    if let Err(error) = try_create(client, document).await {
        panic!(
            "{} {}: {error}",
            document["kind"], document["metadata"]["name"]
        );
    }
}

pub(crate) async fn try_create(client: &Client, document: &Value) -> Result<Value, kube::Error> {
    let object: DynamicObject = serde_json::from_value(document.clone()).unwrap();
    let kind = GroupVersionKind::try_from(object.types.as_ref().unwrap()).unwrap();
    let resource = ApiResource::from_gvk(&kind);
    let api: Api<DynamicObject> = match &object.metadata.namespace {
        Some(namespace) => Api::namespaced_with(client.clone(), namespace, &resource),
        None => Api::all_with(client.clone(), &resource),
    };
    eventually("the definition is served", async || {
        match api.create(&PostParams::default(), &object).await {
            Err(kube::Error::Api(error)) if error.code == 404 => Err(error),
            other => Ok(other.map(|made| serde_json::to_value(made).unwrap())),
        }
    })
    .await
}

/// Looks again and again until there is what is waited for; else it says what there was instead.
pub(crate) async fn eventually<T, E: std::fmt::Debug>(
    what: &str,
    mut look: impl AsyncFnMut() -> Result<T, E>,
) -> T {
    let until = patiently();
    loop {
        match look().await {
            Ok(found) => return found,
            Err(instead) => assert!(
                Instant::now() < until,
                "waited {} s in vain: {what}: {instead:#?}",
                PATIENCE.as_secs()
            ),
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Runs to the end on this thread.
pub(crate) fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap()
        .block_on(future)
}

/// A port that is free now.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}
