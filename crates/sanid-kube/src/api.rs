//! The API server: what the agent may ask of it, and how often it did.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use k8s_openapi::api::core::v1::{Event, Node, Taint};
use kube::api::{Patch, PatchParams, PostParams};
use kube::config::{
    self, AuthInfo, Context, KubeConfigOptions, Kubeconfig, NamedAuthInfo, NamedCluster,
    NamedContext,
};
use kube::{Api, Client, Config, Error, ResourceExt as _};
use serde_json::json;

use crate::resources::{
    GROUP, NodeReference, NodeStorageIdentity, NodeStorageIdentityStatus, StorageIdentityClaim,
    VERSION, owned_by,
};

/// The field manager of the object; fixed, so that a new agent takes over what an old one published.
pub const MANAGER: &str = "sanid-kube";
/// That of its status.
pub const STATUS_MANAGER: &str = "sanid-kube-status";
/// Where the kubelet puts what a pod needs to ask the API server.
const SERVICE_ACCOUNT: &str = "/var/run/secrets/kubernetes.io/serviceaccount";
/// A request that takes longer is tried again later: no loop may hang on one.
const TIMEOUT: Duration = Duration::from_secs(15);

/// How to reach the API server.
#[derive(Clone, Debug, Default)]
pub struct Address {
    /// `https://HOST:PORT`; as in a pod where it is not given.
    pub server: Option<String>,
    /// The bearer token, which is read again when it is renewed.
    pub token_file: Option<PathBuf>,
    /// Who signed the API server's certificate.
    pub ca_file: Option<PathBuf>,
}

/// One API server, asked as one node. Clones share its connections and count together.
#[derive(Clone)]
pub struct Cluster {
    pub(crate) nodes: Api<Node>,
    pub(crate) identities: Api<NodeStorageIdentity>,
    pub(crate) claims: Api<StorageIdentityClaim>,
    events: Api<Event>,
    requests: Requests,
}

/// Requests by verb.
pub type Requests = Arc<Mutex<BTreeMap<&'static str, u64>>>;

/// Counts one more.
pub(crate) fn count(requests: &Requests, verb: &'static str) {
    // A count is whole whoever has panicked.
    let mut counts = requests.lock().unwrap_or_else(PoisonError::into_inner);
    *counts.entry(verb).or_default() += 1;
}

/// Why the API server cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// The process is not in a pod, and was not told either.
    #[error(
        "no API server is known: this is no pod ({0}); give --server, --token-file and --ca-file"
    )]
    NoPod(String),
    /// What was given is no address.
    #[error("--server {0:?} is no address of an API server: {1}")]
    Server(String, String),
    /// A file that cannot be used.
    #[error("{0} cannot be used: {1}")]
    File(String, String),
    /// TLS.
    #[error("no connection can be made: {0}")]
    Client(String),
}

impl Address {
    /// Connects; nothing is asked yet.
    ///
    /// # Errors
    /// [`AddressError`].
    pub async fn connect(&self) -> Result<Cluster, AddressError> {
        let server = match &self.server {
            Some(server) => server.clone(),
            None => from_environment()?,
        };
        let given = |file: &Option<PathBuf>, name: &str| {
            let file = file.clone();
            let file = file.unwrap_or_else(|| PathBuf::from(SERVICE_ACCOUNT).join(name));
            match std::fs::metadata(&file) {
                Ok(_) => Ok(file.display().to_string()),
                Err(error) => Err(AddressError::File(
                    file.display().to_string(),
                    error.to_string(),
                )),
            }
        };
        let token = given(&self.token_file, "token")?;
        // It goes into a header, and the words about one that does not fit there name no file.
        if std::fs::read(&token).is_ok_and(|text| text.iter().any(u8::is_ascii_control)) {
            return Err(AddressError::File(
                token,
                "there is a line end in it, or another control character, which no token has; \
                 printf %s \"$TOKEN\" >FILE writes none"
                    .to_owned(),
            ));
        }
        let here = "here".to_owned();
        let files = Kubeconfig {
            clusters: vec![NamedCluster {
                name: here.clone(),
                cluster: Some(config::Cluster {
                    server: Some(server.clone()),
                    certificate_authority: Some(given(&self.ca_file, "ca.crt")?),
                    ..config::Cluster::default()
                }),
            }],
            auth_infos: vec![NamedAuthInfo {
                name: here.clone(),
                auth_info: Some(AuthInfo {
                    token_file: Some(token),
                    ..AuthInfo::default()
                }),
            }],
            contexts: vec![NamedContext {
                name: here.clone(),
                context: Some(Context {
                    cluster: here.clone(),
                    user: Some(here.clone()),
                    ..Context::default()
                }),
            }],
            current_context: Some(here),
            ..Kubeconfig::default()
        };
        let mut config = Config::from_custom_kubeconfig(files, &KubeConfigOptions::default())
            .await
            .map_err(|error| AddressError::Server(server, error.to_string()))?;
        config.connect_timeout = Some(TIMEOUT);
        config.read_timeout = Some(TIMEOUT);
        config.write_timeout = Some(TIMEOUT);
        // Small answers: a decompressor costs more memory than they do.
        config.disable_compression = true;
        let client =
            Client::try_from(config).map_err(|error| AddressError::Client(error.to_string()))?;
        Ok(Cluster::new(client))
    }
}

fn from_environment() -> Result<String, AddressError> {
    let get = |name: &str| {
        std::env::var(name).map_err(|_| AddressError::NoPod(format!("{name} is not set")))
    };
    let (host, port) = (
        get("KUBERNETES_SERVICE_HOST")?,
        get("KUBERNETES_SERVICE_PORT")?,
    );
    Ok(if host.contains(':') {
        format!("https://[{host}]:{port}")
    } else {
        format!("https://{host}:{port}")
    })
}

impl Cluster {
    fn new(client: Client) -> Self {
        Self {
            nodes: Api::all(client.clone()),
            identities: Api::all(client.clone()),
            claims: Api::all(client.clone()),
            // Events about what is in no namespace are in this one, and `kubectl describe` looks there.
            events: Api::namespaced(client, "default"),
            requests: Requests::default(),
        }
    }

    /// The requests so far.
    pub fn requests(&self) -> Requests {
        Arc::clone(&self.requests)
    }

    pub(crate) fn count(&self, verb: &'static str) {
        count(&self.requests, verb);
    }

    /// The node of this name as it is registered now.
    ///
    /// # Errors
    /// What the API server said; 404 where there is no such node.
    pub async fn node(&self, name: &str) -> Result<NodeReference, Error> {
        self.count("get");
        let node = self.nodes.get_metadata(name).await?;
        Ok(NodeReference {
            name: name.to_owned(),
            uid: node.uid().unwrap_or_default(),
        })
    }

    /// What was published of this node before.
    ///
    /// # Errors
    /// What the API server said.
    pub async fn identity(&self, node: &str) -> Result<Option<NodeStorageIdentity>, Error> {
        self.count("get");
        self.identities.get_opt(node).await
    }

    /// Makes the object, or makes it this registration's.
    ///
    /// # Errors
    /// What the API server said.
    pub async fn publish(&self, node: &NodeReference) -> Result<NodeStorageIdentity, Error> {
        let object = json!({
            "apiVersion": format!("{GROUP}/{VERSION}"),
            "kind": "NodeStorageIdentity",
            "metadata": {"name": node.name, "ownerReferences": [owned_by(node)]},
            "spec": {"node": node},
        });
        self.count("apply");
        let parameters = PatchParams::apply(MANAGER).force();
        self.identities
            .patch(&node.name, &parameters, &Patch::Apply(object))
            .await
    }

    /// Publishes what was seen.
    ///
    /// # Errors
    /// What the API server said; 404 where the object is gone.
    pub async fn publish_status(
        &self,
        node: &str,
        status: &NodeStorageIdentityStatus,
    ) -> Result<(), Error> {
        let object = json!({
            "apiVersion": format!("{GROUP}/{VERSION}"),
            "kind": "NodeStorageIdentity",
            "metadata": {"name": node},
            "status": status,
        });
        self.count("apply");
        let parameters = PatchParams::apply(STATUS_MANAGER).force();
        self.identities
            .patch_status(node, &parameters, &Patch::Apply(object))
            .await
            .map(drop)
    }

    /// Says what happened.
    ///
    /// # Errors
    /// What the API server said.
    pub async fn say(&self, event: &Event) -> Result<(), Error> {
        self.count("create");
        self.events
            .create(&PostParams::default(), event)
            .await
            .map(drop)
    }

    /// Takes a taint from the node; true where there was one.
    ///
    /// # Errors
    /// What the API server said; 409 where the taints changed meanwhile.
    pub async fn remove_taint(&self, node: &str, key: &str) -> Result<bool, Error> {
        self.count("get");
        let found = self.nodes.get(node).await?;
        let taints: Vec<Taint> = found.spec.and_then(|spec| spec.taints).unwrap_or_default();
        let kept: Vec<&Taint> = taints.iter().filter(|taint| taint.key != key).collect();
        if kept.len() == taints.len() {
            return Ok(false);
        }
        // Of the version that was seen, since another controller may be at the taints, too.
        let patch = json!({
            "metadata": {"resourceVersion": found.metadata.resource_version},
            "spec": {"taints": kept},
        });
        self.count("patch");
        let parameters = PatchParams::default();
        self.nodes
            .patch(node, &parameters, &Patch::Merge(patch))
            .await
            .map(|_| true)
    }
}

/// 409: somebody else was first, or what was seen is no more.
pub(crate) fn is_conflict(error: &Error) -> bool {
    matches!(error, Error::Api(response) if response.code == 409)
}

/// 404.
pub(crate) fn is_missing(error: &Error) -> bool {
    matches!(error, Error::Api(response) if response.code == 404)
}
