//! Bare transactions of etcd, into the store of the claims: the leases, comparisons and writes of a new claim
//! (docs/claims.md names the keys). The messages are etcd's, with the fields that are needed; writing them by
//! hand spares a protobuf compiler.

use prost::Message;
use tokio::runtime::Runtime;
use tokio::task::JoinSet;
use tonic::client::Grpc;
use tonic::codegen::http::uri::PathAndQuery;
use tonic::transport::{Channel, Endpoint};
use tonic_prost::ProstCodec;

use crate::{Bare, Failure, New};

const DAY: i64 = 24 * 3600;

#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Key {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Put {
    #[prost(bytes = "vec", tag = "1")]
    key: Vec<u8>,
    #[prost(bytes = "vec", tag = "2")]
    value: Vec<u8>,
    #[prost(int64, tag = "3")]
    lease: i64,
}

/// One of the two.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Operation {
    #[prost(message, optional, tag = "1")]
    range: Option<Key>,
    #[prost(message, optional, tag = "2")]
    put: Option<Put>,
}

/// Target 1 is the revision that created the key; 0 if the key does not exist.
#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Compare {
    #[prost(int32, tag = "2")]
    target: i32,
    #[prost(bytes = "vec", tag = "3")]
    key: Vec<u8>,
    #[prost(int64, optional, tag = "5")]
    created: Option<i64>,
}

#[derive(Clone, PartialEq, Eq, Message)]
pub(crate) struct Txn {
    #[prost(message, repeated, tag = "1")]
    compare: Vec<Compare>,
    #[prost(message, repeated, tag = "2")]
    success: Vec<Operation>,
    #[prost(message, repeated, tag = "3")]
    failure: Vec<Operation>,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Done {
    #[prost(bool, tag = "2")]
    succeeded: bool,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Grant {
    #[prost(int64, tag = "1")]
    ttl: i64,
    #[prost(int64, tag = "2")]
    id: i64,
}

#[derive(Clone, PartialEq, Eq, Message)]
struct Granted {
    #[prost(string, tag = "4")]
    error: String,
}

pub(crate) struct Member {
    runtime: Runtime,
    channel: Channel,
}

impl Member {
    fn open(url: &str) -> Result<Self, Failure> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let channel = {
            let _inside = runtime.enter();
            Endpoint::from_shared(url.to_owned())?
                .tcp_nodelay(true)
                .connect_lazy()
        };
        Ok(Self { runtime, channel })
    }
}

impl Bare for Member {
    /// The lease, and the transaction.
    type Ready = (i64, Txn);
    const SHARES_STORE: bool = true;

    fn connect(place: &str) -> Result<Self, Failure> {
        let member = Self::open(place)?;
        let channel = member.channel.clone();
        member.runtime.block_on(transact(channel, Txn::default()))?;
        Ok(member)
    }

    fn ready(new: &New) -> (i64, Txn) {
        let record = &new.record;
        let digits = record.id.get(..15).unwrap_or_default();
        let lease = i64::from_str_radix(digits, 16).unwrap_or_default().max(1);
        let names = record.identity.identifiers();
        let names: Vec<String> = names
            .iter()
            .map(|one| format!("/sanid/v1/names/{}/{}", one.kind.word(), one.name))
            .collect();
        let leased = format!("/sanid/v1/lease/{}", record.identity.anchor().name);
        // sanid-claims ends this key with another random number of the same length.
        let history = format!(
            "/sanid/v1/history/{}/{:010}-{}",
            record.id, record.serial, record.id
        );
        let mut txn = Txn::default();
        for name in &names {
            txn.compare.push(Compare {
                target: 1,
                key: name.clone().into_bytes(),
                created: Some(0),
            });
            txn.success.push(put(name, record.bytes(), 0));
        }
        txn.success
            .push(put(&leased, record.id.clone().into_bytes(), lease));
        let event = serde_json::json!(new.event).to_string();
        txn.success.push(put(&history, event.into_bytes(), 0));
        let read = names.into_iter().chain([leased]);
        txn.failure.extend(read.map(|key| Operation {
            range: Some(Key {
                key: key.into_bytes(),
            }),
            put: None,
        }));
        (lease, txn)
    }

    fn write(&mut self, (lease, txn): (i64, Txn)) -> Result<(), Failure> {
        let channel = self.channel.clone();
        self.runtime.block_on(leased(channel, lease, txn))
    }

    /// Several claims in a transaction, with one lease for them, and many transactions at once: etcd syncs what
    /// it receives at one time to the disk at one time.
    fn fill(place: &str, all: Vec<(i64, Txn)>) -> Result<(), Failure> {
        /// etcd allows 128 operations in a transaction; a claim is five.
        const IN_ONE: usize = 25;
        const AT_ONCE: usize = 32;
        let member = Self::open(place)?;
        member.runtime.block_on(async {
            let mut under_way = JoinSet::new();
            for some in all.chunks(IN_ONE) {
                let lease = some.first().map_or(0, |(lease, _)| *lease);
                let mut txn = Txn::default();
                for (_, one) in some {
                    txn.success.extend(one.success.iter().cloned());
                }
                for put in txn.success.iter_mut().filter_map(|one| one.put.as_mut()) {
                    put.lease = if put.lease == 0 { 0 } else { lease };
                }
                under_way.spawn(leased(member.channel.clone(), lease, txn));
                if under_way.len() >= AT_ONCE {
                    under_way.join_next().await.transpose()?.transpose()?;
                }
            }
            while let Some(done) = under_way.join_next().await {
                done??;
            }
            Ok(())
        })
    }
}

fn put(key: &str, value: Vec<u8>, lease: i64) -> Operation {
    let key = key.as_bytes().to_vec();
    Operation {
        range: None,
        put: Some(Put { key, value, lease }),
    }
}

async fn leased(channel: Channel, id: i64, txn: Txn) -> Result<(), Failure> {
    let grant = Grant { ttl: DAY, id };
    let granted: Granted = call(channel.clone(), "/etcdserverpb.Lease/LeaseGrant", grant).await?;
    if granted.error.is_empty() {
        transact(channel, txn).await
    } else {
        Err(granted.error.into())
    }
}

async fn transact(channel: Channel, txn: Txn) -> Result<(), Failure> {
    let done: Done = call(channel, "/etcdserverpb.KV/Txn", txn).await?;
    if done.succeeded {
        Ok(())
    } else {
        Err("a name of a bare transaction is already in the store".into())
    }
}

async fn call<Q, A>(channel: Channel, path: &'static str, message: Q) -> Result<A, Failure>
where
    Q: Message + 'static,
    A: Message + Default + 'static,
{
    let mut grpc = Grpc::new(channel);
    grpc.ready().await?;
    let mut request = tonic::Request::new(message);
    // As sanid-claims sends it.
    let yes = tonic::metadata::MetadataValue::from_static("true");
    request.metadata_mut().insert("hasleader", yes);
    let codec = ProstCodec::<Q, A>::default();
    let answer = grpc
        .unary(request, PathAndQuery::from_static(path), codec)
        .await?;
    Ok(answer.into_inner())
}
