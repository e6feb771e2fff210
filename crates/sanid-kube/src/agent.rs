//! The agent of one node: look at the host often, ask the API server seldom.
//!
//! Looking costs no request. A request is made when something changed, and otherwise once per publish
//! interval: one for the status, one for the claim whose turn it is. When the API server cannot be asked the
//! agent waits, longer each time, and goes on; the node's storage never depends on it.

use std::time::Duration;

use k8s_openapi::chrono::{DateTime, SecondsFormat, Utc};
use kube::ResourceExt as _;
use sanid_claims::{Holder, Identity as Whole, Kind, Node, StoreError};
use sanid_host::Root;
use tracing::{info, warn};

use crate::api::{Cluster, is_missing};
use crate::claims::{Claimant, Claims, Standing, sentence};
use crate::events;
use crate::host::{self, HostView, Judged};
use crate::pace::Pace;
use crate::resources::{ConditionStatus, Identity, NodeReference, NodeStorageIdentityStatus};
use crate::status::{self, UNIQUE, VERIFIED};

/// What the agent was told.
#[derive(Clone, Debug)]
pub struct Options {
    /// The node's name.
    pub node: String,
    /// How often to look at the host.
    pub look_every: Duration,
    /// How often to publish where nothing changes.
    pub publish_every: Duration,
    /// The taint to remove when the node is Verified and Unique.
    pub startup_taint: Option<String>,
}

/// One node's agent.
pub struct Agent {
    options: Options,
    cluster: Cluster,
    root: Root,
    pace: Pace,
    /// What the API server knows; nothing before it was asked.
    known: Option<Known>,
    view: HostView,
    taint_removed: bool,
}

/// Why nothing could be published, or not all of it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What the API server said.
    #[error("{}", sentence(.0))]
    Api(#[from] kube::Error),
    /// The claims could not be asked for.
    #[error(transparent)]
    Claims(#[from] StoreError),
}

/// This registration of the node, with what was last published.
struct Known {
    node: NodeReference,
    generation: i64,
    status: Option<NodeStorageIdentityStatus>,
    claimant: Claimant,
    claims: Claims,
}

impl Agent {
    /// An agent that has asked nothing yet.
    pub fn new(options: Options, cluster: Cluster, root: Root) -> Self {
        let pace = Pace::new(&options.node, options.publish_every);
        Self {
            options,
            cluster,
            root,
            pace,
            known: None,
            view: HostView::default(),
            taint_removed: false,
        }
    }

    /// The last status that was published.
    pub fn status(&self) -> Option<&NodeStorageIdentityStatus> {
        self.known.as_ref()?.status.as_ref()
    }

    /// The requests so far.
    pub fn requests(&self) -> crate::api::Requests {
        self.cluster.requests()
    }

    /// How long to wait after a failure.
    pub fn backoff(&mut self) -> Duration {
        self.pace.backoff()
    }

    /// How long to wait for the next publication where nothing changes.
    pub fn interval(&mut self) -> Duration {
        self.pace.spread(self.options.publish_every)
    }

    /// A file that can only be seen anew by a new container.
    pub fn replaced(&self) -> Option<&'static str> {
        host::replaced(&self.root)
    }

    /// Looks at the host; true when it is not as it was.
    pub fn look(&mut self) -> bool {
        let view = host::look(&self.root).unwrap_or_else(|error| HostView {
            applied: Judged::new(ConditionStatus::False, "ConfigurationInvalid", error),
            // What was true of the names stays true: only the configuration cannot be told.
            identity: self.view.identity.clone(),
            is_untold: self.view.is_untold,
            ..HostView::default()
        });
        let changed = view != self.view;
        self.view = view;
        changed
    }

    /// Tells the API server what is seen, and asks it about the claims.
    ///
    /// # Errors
    /// What the API server said. The next call goes on where this one stopped.
    pub async fn publish(&mut self) -> Result<(), Error> {
        let result = self.publish_once().await;
        match &result {
            Ok(()) => self.pace.reset(),
            // The node, its object or a claim is gone: everything is asked anew.
            Err(Error::Api(error)) if is_missing(error) => self.known = None,
            Err(_) => {}
        }
        result
    }

    async fn publish_once(&mut self) -> Result<(), Error> {
        let mut known = match self.known.take() {
            Some(known) => known,
            None => self.introduce().await?,
        };
        let result = self.tell(&mut known).await;
        self.known = Some(known);
        result
    }

    /// Who this node is, and what was published of it before.
    async fn introduce(&self) -> Result<Known, Error> {
        let node = self.cluster.node(&self.options.node).await?;
        let before = self.cluster.identity(&node.name).await?;
        let owned = |one: &crate::resources::NodeStorageIdentity| {
            one.spec.node == node
                && one
                    .owner_references()
                    .iter()
                    .any(|owner| owner.uid == node.uid)
        };
        let (generation, status) = match before {
            Some(before) if owned(&before) => (before.metadata.generation, before.status),
            other => {
                let object = self.cluster.publish(&node).await?;
                // Of an earlier registration: its conditions are no transitions of this one.
                let same = other.filter(|other| other.spec.node == node);
                (object.metadata.generation, same.and_then(|one| one.status))
            }
        };
        info!(node = node.name, uid = node.uid, "registered");
        Ok(Known {
            claimant: Claimant::new(&self.cluster, &node),
            node,
            generation: generation.unwrap_or_default(),
            status,
            claims: Claims::unavailable("not asked yet"),
        })
    }

    async fn tell(&mut self, known: &mut Known) -> Result<(), Error> {
        let (claims, unanswered) = match self.claims(known).await {
            Ok(claims) => (claims, None),
            // Before the first answer the rest is worth saying; after it, the answer stands until the next.
            Err(error @ StoreError::Unreachable(_)) if known.claims.standing != Standing::Held => {
                (Claims::unavailable(error.to_string()), Some(error))
            }
            Err(error @ StoreError::Unreachable(_)) => return Err(error.into()),
            // No such resource, or not allowed: an older or a closed cluster.
            Err(error) => {
                warn!("{error}");
                (Claims::unavailable(error.to_string()), None)
            }
        };
        let now = Utc::now();
        let status = status::status(
            &self.view,
            &claims,
            known.generation,
            &time(now),
            known.status.as_ref(),
        );
        if claims.standing == Standing::Held {
            // Before the status that names it is replaced: whoever starts again finds it there.
            self.release(known).await?;
        }
        self.cluster
            .publish_status(&known.node.name, &status)
            .await?;
        known.claims = claims;
        let transitions = status::transitions(known.status.as_ref(), &status);
        known.status = Some(status);
        for transition in &transitions {
            self.announce(&known.node, transition, now).await;
        }
        self.untaint(known).await?;
        unanswered.map_or(Ok(()), |error| Err(error.into()))
    }

    async fn claims(&self, known: &mut Known) -> Result<Claims, StoreError> {
        match self.identity() {
            Ok(identity) => {
                let me = self.holder(&known.node);
                known.claimant.claim(&identity, &me).await
            }
            Err(why) => Ok(Claims::unavailable(why)),
        }
    }

    /// The names of the node, where all that it has are known.
    fn identity(&self) -> Result<Whole, String> {
        if self.view.is_untold {
            return Err(UNTOLD.into());
        }
        whole(&self.view.identity)
    }

    fn holder(&self, node: &NodeReference) -> Holder {
        Holder {
            name: node.name.clone(),
            boot_id: self.view.boot_id.clone(),
            node: Some(Node {
                name: node.name.clone(),
                uid: node.uid.clone(),
            }),
            ..self.view.holder.clone()
        }
    }

    /// Gives back what was published before and shares no name with what is held now. What shares one has
    /// ended with the change.
    async fn release(&self, known: &mut Known) -> Result<(), StoreError> {
        let before = known.status.as_ref();
        let held = |status: &&NodeStorageIdentityStatus| {
            let mut holders = status.claims.iter().map(|claim| &claim.holder);
            holders.any(|holder| *holder == known.node.name)
        };
        let before = before.filter(held).and_then(|one| one.identity.as_ref());
        let (Some(Ok(before)), Ok(now)) = (before.map(whole), self.identity()) else {
            return Ok(());
        };
        let names = now.identifiers();
        if before.identifiers().iter().any(|name| names.contains(name)) {
            return Ok(());
        }
        let me = self.holder(&known.node);
        known.claimant.release(&before, &me).await
    }

    /// An event that cannot be made is logged: the condition says the same.
    async fn announce(
        &self,
        node: &NodeReference,
        transition: &status::Transition,
        now: DateTime<Utc>,
    ) {
        let condition = &transition.condition;
        info!(
            condition = condition.r#type,
            status = condition.status.as_str(),
            reason = condition.reason,
            "{}",
            condition.message
        );
        if let Some(event) = events::of(node, transition, now) {
            if let Err(error) = self.cluster.say(&event).await {
                warn!(%error, "no event could be made");
            }
        }
    }

    async fn untaint(&mut self, known: &Known) -> Result<(), Error> {
        let Some(key) = self.options.startup_taint.clone() else {
            return Ok(());
        };
        let good = |name: &str| {
            known
                .status
                .as_ref()
                .is_some_and(|one| status::holds(one, name))
        };
        if self.taint_removed || !good(VERIFIED) || !good(UNIQUE) {
            return Ok(());
        }
        if self.cluster.remove_taint(&known.node.name, &key).await? {
            info!(taint = key, "removed");
            let note = format!("the node is verified and unique; taint {key} is removed");
            let event = events::event(&known.node, "StartupTaintRemoved", false, &note, Utc::now());
            if let Err(error) = self.cluster.say(&event).await {
                warn!(%error, "no event could be made");
            }
        }
        self.taint_removed = true;
        Ok(())
    }
}

/// What is claimed: every name of the node, or none. NVMe knows a node by host NQN and Host ID together.
fn whole(identity: &Identity) -> Result<Whole, String> {
    if identity.host_nqn.is_some() != identity.host_id.is_some() {
        return Err(UNTOLD.into());
    }
    let names = [
        (Kind::Iqn, &identity.iqn),
        (Kind::HostNqn, &identity.host_nqn),
        (Kind::HostId, &identity.host_id),
    ];
    let names = names
        .into_iter()
        .filter_map(|(kind, name)| Some((kind, name.as_deref()?)));
    Whole::new(names).map_err(|error| error.to_string())
}

/// Why nothing is claimed where a name of the node is not known: a claim without it would give it up.
const UNTOLD: &str = "an identity is claimed whole, and one of the names of this node cannot be told; condition Applied says why";

/// As the API has it.
fn time(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_node_claims_what_it_has_and_no_half_of_a_pair() {
        let iqn = Some("iqn.2004-05.com.example:1".to_owned());
        let host_id = Some("652f5d50-a689-4520-b87b-fe2552ef6b8b".to_owned());
        let nqn = "nqn.2014-08.org.nvmexpress:uuid:652f5d50-a689-4520-b87b-fe2552ef6b8b";
        let host_nqn = Some(nqn.to_owned());
        for (identity, kinds) in [
            ((&iqn, &host_nqn, &host_id), Some(3)),
            ((&iqn, &None, &None), Some(1)),
            ((&None, &host_nqn, &host_id), Some(2)),
            ((&iqn, &None, &host_id), None),
            ((&iqn, &host_nqn, &None), None),
            ((&None, &None, &None), None),
        ] {
            let claimed = whole(&Identity {
                iqn: identity.0.clone(),
                host_nqn: identity.1.clone(),
                host_id: identity.2.clone(),
            });
            let found = claimed.map(|claimed| claimed.names().count());
            assert_eq!(found.ok(), kinds, "{identity:?}");
        }
    }
}
