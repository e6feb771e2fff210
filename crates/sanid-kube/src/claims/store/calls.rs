//! Requests of the store: each made once, or over and over where that changes nothing.

use std::time::{Duration, Instant, SystemTime};

use kube::api::{DeleteParams, PostParams, Preconditions};
use kube::{Error, ResourceExt as _};
use sanid_claims::StoreError;

use super::KubeStore;
use crate::api::{count, is_conflict, is_missing};
use crate::resources::StorageIdentityClaim;

/// A request that takes longer is made again.
const LONGEST_CALL: Duration = Duration::from_secs(10);
pub(super) const PAUSE: Duration = Duration::from_millis(25);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Why a step came to nothing.
pub(super) enum Trouble {
    /// It was made or not.
    Silent(String),
    /// Nothing was written: something is not as it was seen.
    Raced,
    Store(StoreError),
}

impl From<StoreError> for Trouble {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

pub(super) type Step<T> = Result<T, Trouble>;

impl KubeStore {
    pub(super) fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    pub(super) async fn pause(&self) {
        // Not the same for two that wait for each other.
        let nanos = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        let spread = f64::from(nanos.map_or(0, |time| time.subsec_nanos() % 1000)) / 1000.0;
        tokio::time::sleep(PAUSE.mul_f64(0.5 + spread).min(self.left())).await;
    }

    /// Makes a request once.
    pub(super) async fn once<T>(
        &self,
        verb: &'static str,
        request: impl Future<Output = Result<T, Error>>,
    ) -> Step<Result<T, Error>> {
        let time = self.left().min(LONGEST_CALL);
        if time.is_zero() {
            return Err(Trouble::Silent("the time is over".into()));
        }
        count(&self.requests, verb);
        match tokio::time::timeout(time, request).await {
            Err(_) => Err(Trouble::Silent("the API server does not answer".into())),
            Ok(Err(error)) => match &error {
                // An API server that has just started knows no definitions yet, and says so of every name: a
                // page, and no status of its own.
                Error::Api(said) if said.code == 404 && said.reason != "NotFound" => {
                    Err(Trouble::Silent(sentence(&error)))
                }
                Error::Api(said) if !matches!(said.code, 429 | 500..=599) => Ok(Err(error)),
                _ => Err(Trouble::Silent(sentence(&error))),
            },
            Ok(done) => Ok(done),
        }
    }

    pub(super) async fn get(&self, name: &str) -> Step<Option<StorageIdentityClaim>> {
        self.repeat("get", || self.claims.get_opt(name)).await
    }

    /// Makes a request that changes nothing until there is an answer.
    pub(super) async fn repeat<T, F>(&self, verb: &'static str, request: impl Fn() -> F) -> Step<T>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut pause = PAUSE;
        loop {
            match self.once(verb, request()).await {
                Ok(Ok(found)) => return Ok(found),
                Ok(Err(error)) => return Err(refused(&error)),
                Err(Trouble::Silent(why)) if self.left() <= pause => {
                    return Err(Trouble::Silent(why));
                }
                Err(Trouble::Silent(_)) => tokio::time::sleep(pause).await,
                Err(other) => return Err(other),
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// `None` where there is one of that name: 409.
    pub(super) async fn create(
        &self,
        object: &StorageIdentityClaim,
    ) -> Step<Option<StorageIdentityClaim>> {
        let parameters = PostParams::default();
        match self
            .once("create", self.claims.create(&parameters, object))
            .await?
        {
            Ok(made) => Ok(Some(made)),
            Err(error) if is_conflict(&error) => Ok(None),
            Err(error) => Err(refused(&error)),
        }
    }

    /// `None` where it is not what was seen: the object has the uid and the version of then.
    pub(super) async fn put(
        &self,
        object: StorageIdentityClaim,
    ) -> Step<Option<StorageIdentityClaim>> {
        self.is_ours(&object)?;
        let name = object.name_any();
        let parameters = PostParams::default();
        match self
            .once("update", self.claims.replace(&name, &parameters, &object))
            .await?
        {
            Ok(made) => Ok(Some(made)),
            Err(error) if is_conflict(&error) || is_missing(&error) => Ok(None),
            Err(error) => Err(refused(&error)),
        }
    }

    pub(super) async fn delete(&self, object: &StorageIdentityClaim) -> Step<bool> {
        self.is_ours(object)?;
        let name = object.name_any();
        let parameters = DeleteParams::default().preconditions(Preconditions {
            uid: object.uid(),
            resource_version: object.resource_version(),
        });
        match self
            .once("delete", self.claims.delete(&name, &parameters))
            .await?
        {
            Ok(_) => Ok(true),
            Err(error) if is_conflict(&error) || is_missing(&error) => Ok(false),
            Err(error) => Err(refused(&error)),
        }
    }

    /// A node writes no other node's objects, whether the cluster's policy would let it or not.
    fn is_ours(&self, object: &StorageIdentityClaim) -> Step<()> {
        let node = &object.spec.holder.node.name;
        match &self.owner {
            Some(owner) if owner.name != *node => Err(busy(node, &object.name_any())),
            _ => Ok(()),
        }
    }
}

pub(super) fn busy(node: &str, name: &str) -> Trouble {
    Trouble::Store(StoreError::Unreachable(format!(
        "node {node} has begun to claim this identity and has not finished (storageidentityclaim {name}); its agent finishes or gives it back when it runs; if {node} is gone for good: kubectl delete node {node}"
    )))
}

pub(super) fn damaged(name: &str, why: &str) -> Trouble {
    Trouble::Store(StoreError::Damaged(format!(
        "storageidentityclaim {name} is no claim of sanid: {why}; see who made it with kubectl get sic {name} -o yaml, and if nobody needs it: kubectl delete sic {name}"
    )))
}

pub(super) fn refused(error: &Error) -> Trouble {
    let text = sentence(error);
    Trouble::Store(match error {
        // Not allowed, or the definition is not there.
        Error::Api(said) if matches!(said.code, 401 | 403..=405) => StoreError::Refused(text),
        _ => StoreError::Failed(text),
    })
}

/// An error with its causes: that of a connection says nothing by itself.
pub(crate) fn sentence(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(one) = cause {
        let more = one.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        cause = one.source();
    }
    text
}
