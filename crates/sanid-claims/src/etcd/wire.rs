//! One member of etcd: calls of its API, each within a time.

use std::time::Duration;

use prost::Message;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::codegen::tokio_stream;
use tonic::metadata::{Ascii, MetadataValue};
use tonic::transport::{Channel, ClientTlsConfig, Endpoint};
use tonic::{Code, Request, Status};
use tonic_prost::ProstCodec;

use super::messages as api;

/// Answers that are larger than a page of claims can be.
const LARGEST: usize = 64 << 20;

/// A member, connected when it is first asked.
#[derive(Clone)]
pub(super) struct Member {
    channel: Channel,
    token: Option<MetadataValue<Ascii>>,
}

/// A call without an answer.
#[derive(Debug)]
pub(super) enum CallError {
    /// Another attempt, at another member, may have one.
    Transient(String),
    /// It says no.
    Final(String),
}

impl Member {
    pub(super) fn new(url: &str, tls: Option<&ClientTlsConfig>) -> Result<Self, String> {
        let endpoint = Endpoint::from_shared(url.to_owned()).map_err(|error| chain(&error))?;
        let endpoint = match tls {
            Some(tls) => endpoint
                .tls_config(tls.clone())
                .map_err(|error| chain(&error))?,
            None => endpoint,
        };
        Ok(Self {
            channel: endpoint.tcp_nodelay(true).connect_lazy(),
            token: None,
        })
    }

    /// From now on every call is this user's.
    pub(super) async fn authenticate(
        &mut self,
        name: &str,
        password: &str,
    ) -> Result<(), CallError> {
        let ask = api::Authenticate {
            name: name.to_owned(),
            password: password.to_owned(),
        };
        let done: api::Authenticated = self.call("/etcdserverpb.Auth/Authenticate", ask).await?;
        let token = MetadataValue::try_from(done.token);
        self.token =
            Some(token.map_err(|_| CallError::Final("etcd gave a token that is none".into()))?);
        Ok(())
    }

    pub(super) fn is_authenticated(&self) -> bool {
        self.token.is_some()
    }

    pub(super) async fn txn(&self, txn: api::Txn) -> Result<api::TxnDone, CallError> {
        self.call("/etcdserverpb.KV/Txn", txn).await
    }

    pub(super) async fn range(&self, range: api::Range) -> Result<api::Ranged, CallError> {
        self.call("/etcdserverpb.KV/Range", range).await
    }

    /// Makes a lease, or finds it made.
    pub(super) async fn grant(&self, id: i64, ttl: i64) -> Result<(), CallError> {
        let done: Result<api::Granted, _> = self
            .call("/etcdserverpb.Lease/LeaseGrant", api::Grant { ttl, id })
            .await;
        match done {
            Ok(granted) if granted.error.is_empty() => Ok(()),
            Ok(granted) => Err(CallError::Final(granted.error)),
            Err(CallError::Final(why)) if why.contains("lease already exists") => Ok(()),
            Err(error) => Err(error),
        }
    }

    pub(super) async fn revoke(&self, id: i64) -> Result<(), CallError> {
        let _: api::Revoked = self
            .call("/etcdserverpb.Lease/LeaseRevoke", api::Revoke { id })
            .await?;
        Ok(())
    }

    /// Comes back when something has changed, or the watch has ended.
    pub(super) async fn changed(&self, watch: api::WatchCreate) -> Result<(), CallError> {
        use tokio_stream::StreamExt as _;
        let watch = api::Watch {
            create: Some(watch),
        };
        // The request must not end: etcd would end the watch.
        let messages = tokio_stream::once(watch).chain(tokio_stream::pending());
        let path = PathAndQuery::from_static("/etcdserverpb.Watch/Watch");
        let codec = ProstCodec::<api::Watch, api::Watched>::default();
        let mut grpc = self.ready().await?;
        let answer = grpc.streaming(self.request(messages), path, codec).await?;
        let mut answers = answer.into_inner();
        while let Some(answer) = answers.message().await? {
            if answer.canceled || !answer.events.is_empty() {
                break;
            }
        }
        Ok(())
    }

    async fn call<Q, A>(&self, path: &'static str, message: Q) -> Result<A, CallError>
    where
        Q: Message + Send + Sync + 'static,
        A: Message + Default + Send + Sync + 'static,
    {
        let mut grpc = self.ready().await?;
        let request = self.request(message);
        let codec = ProstCodec::<Q, A>::default();
        let answer = grpc
            .unary(request, PathAndQuery::from_static(path), codec)
            .await?;
        Ok(answer.into_inner())
    }

    async fn ready(&self) -> Result<Grpc<Channel>, CallError> {
        let mut grpc = Grpc::new(self.channel.clone()).max_decoding_message_size(LARGEST);
        match grpc.ready().await {
            Ok(()) => Ok(grpc),
            Err(error) => Err(CallError::Transient(chain(&error))),
        }
    }

    fn request<T>(&self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        let metadata = request.metadata_mut();
        // A member that has lost the others says so at once.
        metadata.insert("hasleader", MetadataValue::from_static("true"));
        if let Some(token) = &self.token {
            metadata.insert("token", token.clone());
        }
        request
    }
}

impl From<Status> for CallError {
    fn from(status: Status) -> Self {
        // What was no answer of etcd has below it what was met on the way.
        let message = match std::error::Error::source(&status) {
            Some(below) => chain(below),
            None if status.message().is_empty() => chain(&status),
            None => status.message().to_owned(),
        };
        match status.code() {
            // A token that has expired is made anew.
            Code::Unauthenticated
            | Code::Unavailable
            | Code::DeadlineExceeded
            | Code::Cancelled
            | Code::Aborted
            | Code::Unknown
            | Code::Internal => Self::Transient(message),
            Code::ResourceExhausted if message.contains("too many requests") => {
                Self::Transient(message)
            }
            _ => Self::Final(message),
        }
    }
}

/// An error and everything below it that says something new.
pub(super) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = String::new();
    let mut next = Some(error);
    while let Some(error) = next {
        let said = error.to_string();
        if !text.contains(&said) && !said.is_empty() {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&said);
        }
        next = error.source();
    }
    text
}

/// Nothing is waited for longer than this.
pub(super) async fn within<T>(
    time: Duration,
    call: impl Future<Output = Result<T, CallError>>,
) -> Result<T, CallError> {
    match tokio::time::timeout(time, call).await {
        Ok(done) => done,
        Err(_) => Err(CallError::Transient(format!(
            "no answer within {} ms",
            time.as_millis()
        ))),
    }
}
