//! Claims in etcd: for the hosts of a site.
//!
//! One transaction holds the three names, the lease and the event together. Leases are etcd's own, by the
//! clock of its leader, which begins them anew when the leader changes: none ends early. A call that has no
//! answer is made again, at the next member, after a pause that grows and is never the same (jitter), until
//! the deadline.

mod keys;
mod messages;
mod wire;

use std::collections::HashSet;
use std::path::Path;
use std::time::{Duration, Instant};

use tokio::runtime::Runtime;
use tonic::transport::{Certificate, ClientTlsConfig, Identity as TlsIdentity};

use self::messages as api;
use self::wire::{CallError, Member, within};
use super::decide::Change;
use super::event::Event;
use super::identity::Identity;
use super::record::Record;
use super::store::{
    Applied, Lease, Seen, Snapshot, Store, StoreError, StoreKind, StoreOptions, Stored,
};

pub(super) const KIND: StoreKind = StoreKind {
    word: "etcd",
    rest: "URL[,URL…]",
    open: |urls, options| Ok(Box::new(EtcdStore::open(urls, options)?)),
};

/// Until [`Store::wait_until`] says otherwise.
const PATIENCE: Duration = Duration::from_secs(10);
/// A member that has not answered by then is given up for the next one.
const LONGEST_CALL: Duration = Duration::from_secs(3);
const SHORTEST_CALL: Duration = Duration::from_millis(100);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);
/// Claims or events in one answer.
const PAGE: i64 = 1000;

/// The store.
pub struct EtcdStore {
    runtime: Runtime,
    urls: Vec<String>,
    tls: Option<ClientTlsConfig>,
    user: Option<(String, String)>,
    /// The member that answered last, connected.
    member: Option<Member>,
    at: usize,
    deadline: Instant,
}

impl EtcdStore {
    /// A store at these members, separated by commas; they are not asked yet.
    ///
    /// # Errors
    /// [`StoreError`]: an address, or a file for TLS, is not one.
    pub fn open(urls: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let urls: Vec<String> = urls.split(',').map(|url| url.trim().to_owned()).collect();
        let secure = urls
            .iter()
            .filter(|url| url.starts_with("https://"))
            .count();
        let plain = urls.iter().filter(|url| url.starts_with("http://")).count();
        if secure + plain < urls.len() || (secure > 0 && plain > 0) {
            return Err(StoreError::Usage(format!(
                "etcd:{} is no list of http:// or https:// addresses, one kind only, with commas between them",
                urls.join(",")
            )));
        }
        let tls = if secure > 0 {
            Some(tls(options)?)
        } else if options.tls.ca.is_some() || options.tls.cert.is_some() {
            return Err(StoreError::Usage(
                "there are files for TLS, and the addresses begin with http://; https:// uses them"
                    .into(),
            ));
        } else {
            None
        };
        let user = match (&options.user, &options.password_file) {
            (Some(user), Some(file)) => {
                let password = String::from_utf8_lossy(&read(file)?).trim_end().to_owned();
                Some((user.clone(), password))
            }
            (None, None) => None,
            _ => {
                return Err(StoreError::Usage(
                    "user and password-file belong together".into(),
                ));
            }
        };
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| StoreError::Failed(format!("cannot begin: {error}")))?;
        let at = usize::try_from(random() % urls.len().max(1) as u64).unwrap_or_default();
        Ok(Self {
            runtime,
            urls,
            tls,
            user,
            member: None,
            at,
            deadline: Instant::now() + PATIENCE,
        })
    }

    fn name(&self) -> String {
        self.urls.join(",")
    }

    /// Makes a call once, at the member of now.
    fn once<T, F>(&mut self, call: impl FnOnce(Member) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let left = self.deadline.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(CallError::Transient("the time is over".into()));
        }
        // So that the next member has its turn, too.
        let time = (left / 2).clamp(SHORTEST_CALL, LONGEST_CALL).min(left);
        let member = self.member.take();
        let (url, tls, user) = (self.urls.get(self.at), &self.tls, &self.user);
        let done = self.runtime.block_on(within(time, async {
            let mut member = match member {
                Some(member) => member,
                None => Member::new(url.map_or("", String::as_str), tls.as_ref())
                    .map_err(CallError::Final)?,
            };
            if let (Some((name, password)), false) = (user, member.is_authenticated()) {
                member.authenticate(name, password).await?;
            }
            let answer = call(member.clone()).await?;
            Ok((member, answer))
        }));
        match done {
            Ok((member, answer)) => {
                self.member = Some(member);
                Ok(answer)
            }
            Err(error) => {
                self.at = (self.at + 1) % self.urls.len().max(1);
                Err(error)
            }
        }
    }

    /// Makes a call until there is an answer: only what may be done twice.
    fn repeat<T, F>(&mut self, call: impl Fn(Member) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let mut pause = FIRST_PAUSE;
        loop {
            let why = match self.once(&call) {
                Ok(answer) => return Ok(answer),
                Err(CallError::Final(why)) => return Err(self.refused(&why)),
                Err(CallError::Transient(why)) => why,
            };
            let left = self.deadline.saturating_duration_since(Instant::now());
            let jitter = pause.mul_f64(0.5 + fraction());
            if left <= jitter {
                return Err(self.silent(&why));
            }
            std::thread::sleep(jitter);
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// A server that does not take the client's certificate ends the connection, and only sometimes is there
    /// time to hear why.
    fn silent(&self, why: &str) -> StoreError {
        let hint = if self.tls.is_some() && !why.to_lowercase().contains("certificate") {
            "; etcd may have refused this host's certificate: openssl x509 -noout -issuer -dates -in CERT shows by whom and until when it is"
        } else {
            ""
        };
        StoreError::Unreachable(format!(
            "etcd at {} does not answer: {why}{hint}",
            self.name()
        ))
    }

    fn refused(&self, why: &str) -> StoreError {
        let hint = if why.contains("database space exceeded") {
            "; its quota is used up: compact and defragment it, then etcdctl alarm disarm"
        } else if why.contains("permission denied") || why.contains("user name is empty") {
            "; the user needs to read and write the keys that begin with /sanid/v1/"
        } else {
            ""
        };
        StoreError::Failed(format!("etcd at {} says: {why}{hint}", self.name()))
    }

    /// Makes a transaction; without an answer it may have been made or not, and what is there tells.
    fn change(&mut self, of: &Identity, txn: api::Txn) -> Result<Applied, StoreError> {
        match self.once(|member| async move { member.txn(txn).await }) {
            Ok(done) if done.succeeded => Ok(Applied::Done(revision(done.header.as_ref()))),
            Ok(done) => Ok(Applied::Raced(self.snapshot(done)?)),
            Err(CallError::Final(why)) if !why.contains("requested lease not found") => {
                Err(self.refused(&why))
            }
            Err(_) => {
                self.pause();
                Ok(Applied::Raced(self.read(of)?))
            }
        }
    }

    fn pause(&self) {
        let left = self.deadline.saturating_duration_since(Instant::now());
        std::thread::sleep(FIRST_PAUSE.mul_f64(fraction() + 0.5).min(left));
    }

    fn put(
        &mut self,
        of: &Identity,
        change: &Change,
        record: &Record,
        txn: api::Txn,
    ) -> Result<Applied, StoreError> {
        let lease = self.grant(record)?;
        let done = self.change(of, txn)?;
        if let (Applied::Raced(seen), Some(lease)) = (&done, lease) {
            let ours = seen.claims.iter().any(|claim| claim.record.id == record.id);
            if !ours && matches!(change, Change::Put { .. }) {
                // It would end by itself; a thousand clones that knock should not leave a thousand.
                let _ = self.once(|member| async move { member.revoke(lease).await });
            }
        }
        Ok(done)
    }

    fn grant(&mut self, record: &Record) -> Result<Option<i64>, StoreError> {
        let Some(seconds) = record.lease_seconds else {
            return Ok(None);
        };
        let (id, ttl) = (
            keys::lease_id(record),
            i64::try_from(seconds).unwrap_or(i64::MAX),
        );
        self.repeat(|member| async move { member.grant(id, ttl).await })?;
        Ok(Some(id))
    }

    fn renew(&mut self, of: &Identity, claim: &Seen) -> Result<Applied, StoreError> {
        if claim.lease == Lease::Expired {
            let record = claim.record.clone();
            let txn = keys::lease_again(of, claim);
            let change = Change::Renew {
                claim: claim.clone(),
            };
            let done = self.put(of, &change, &record, txn)?;
            return Ok(same_version(done, claim));
        }
        let txn = keys::is_there(of, claim);
        let lease = claim
            .record
            .lease_seconds
            .map(|_| keys::lease_id(&claim.record));
        // Both at once: one round trip.
        let done = self.once(|member| async move {
            let other = member.clone();
            let alive = async {
                match lease {
                    Some(lease) => other.keep_alive(lease).await,
                    None => Ok(true),
                }
            };
            both(member.txn(txn), alive).await
        });
        match done {
            Ok((done, true)) if done.succeeded => Ok(Applied::Done(claim.version)),
            Ok((done, _)) if !done.succeeded => Ok(Applied::Raced(self.snapshot(done)?)),
            // The lease went while the claim was looked at.
            Ok(_) => Ok(Applied::Raced(self.read(of)?)),
            Err(CallError::Final(why)) => Err(self.refused(&why)),
            Err(CallError::Transient(_)) => {
                self.pause();
                Ok(Applied::Raced(self.read(of)?))
            }
        }
    }

    /// Who has what, from the answers to [`keys::look`].
    fn snapshot(&mut self, done: api::TxnDone) -> Result<Snapshot, StoreError> {
        let mut found: Vec<(Record, u64)> = Vec::new();
        let mut leases = HashSet::new();
        for answer in done.responses {
            let Some(api::OneAnswer::Range(ranged)) = answer.one else {
                continue;
            };
            for kv in ranged.kvs {
                if kv.key.starts_with(keys::LEASES.as_bytes()) {
                    leases.insert(kv.value);
                } else {
                    found.push(self.record(&kv)?);
                }
            }
        }
        let mut snapshot = Snapshot::default();
        for (record, version) in found {
            let mut live = record.lease_seconds.is_none() || leases.contains(record.id.as_bytes());
            if !live && !snapshot.claims.iter().any(|one| one.record.id == record.id) {
                // Its Host ID is another one, so that its lease was not among what was read.
                live = self.is_leased(&record)?;
            }
            let lease = if live {
                Lease::Live(None)
            } else {
                Lease::Expired
            };
            snapshot.add(Seen {
                record,
                version,
                lease,
            });
        }
        Ok(snapshot)
    }

    fn is_leased(&mut self, record: &Record) -> Result<bool, StoreError> {
        let range = api::Range {
            key: keys::lease(record.identity.host_id()),
            ..api::Range::default()
        };
        let ranged = self.repeat(|member| {
            let range = range.clone();
            async move { member.range(range).await }
        })?;
        Ok(ranged.kvs.iter().any(|kv| kv.value == record.id.as_bytes()))
    }

    fn record(&self, kv: &api::KeyValue) -> Result<(Record, u64), StoreError> {
        let record = Record::parse(&kv.value).map_err(|why| {
            StoreError::Damaged(format!(
                "the key {} in etcd at {} holds no claim: {why}",
                sanid_host::root::escape(&kv.key),
                self.name()
            ))
        })?;
        Ok((record, u64::try_from(kv.mod_revision).unwrap_or_default()))
    }

    /// Every key of a range, page by page, as they all were at one moment.
    fn pages(
        &mut self,
        prefix: &str,
        mut each: impl FnMut(&Self, api::KeyValue) -> Result<(), StoreError>,
    ) -> Result<(), StoreError> {
        let mut range = api::Range {
            key: prefix.as_bytes().to_vec(),
            range_end: keys::end_of(prefix),
            limit: PAGE,
            ..api::Range::default()
        };
        loop {
            let page = self.repeat(|member| {
                let range = range.clone();
                async move { member.range(range).await }
            })?;
            if range.revision == 0 {
                range.revision = page.header.map_or(0, |header| header.revision);
            }
            let last = page.kvs.last().map(|kv| kv.key.clone());
            for kv in page.kvs {
                each(self, kv)?;
            }
            match last {
                Some(mut last) if page.more => {
                    last.push(0);
                    range.key = last;
                }
                _ => return Ok(()),
            }
            // Each page has the time of a call.
            self.deadline = self.deadline.max(Instant::now() + PATIENCE);
        }
    }
}

impl Store for EtcdStore {
    fn wait_until(&mut self, deadline: Instant) {
        self.deadline = deadline;
    }

    fn read(&mut self, of: &Identity) -> Result<Snapshot, StoreError> {
        let txn = api::Txn {
            success: keys::look(of),
            ..api::Txn::default()
        };
        let done = self.repeat(|member| {
            let txn = txn.clone();
            async move { member.txn(txn).await }
        })?;
        self.snapshot(done)
    }

    fn apply(&mut self, of: &Identity, change: &Change) -> Result<Applied, StoreError> {
        match change {
            Change::Renew { claim } => self.renew(of, claim),
            Change::Put {
                record,
                ends,
                event,
            } => {
                let txn = keys::put(of, record, ends, &change.free(), event);
                self.put(of, change, record, txn)
            }
            Change::Delete { ends, event } => self.change(of, keys::delete(of, ends, event)),
        }
    }

    fn list(&mut self, each: &mut dyn FnMut(Seen)) -> Result<(), StoreError> {
        let mut leased = HashSet::new();
        self.pages(keys::LEASES, |_, kv| {
            leased.insert(kv.value);
            Ok(())
        })?;
        self.pages(keys::HOST_IDS, |store, kv| {
            let (record, version) = store.record(&kv)?;
            let live = record.lease_seconds.is_none() || leased.contains(record.id.as_bytes());
            let lease = if live {
                Lease::Live(None)
            } else {
                Lease::Expired
            };
            each(Seen {
                record,
                version,
                lease,
            });
            Ok(())
        })
    }

    fn history(
        &mut self,
        after: u64,
        limit: usize,
        wait: Duration,
    ) -> Result<Vec<Stored>, StoreError> {
        let until = Instant::now() + wait;
        let range = api::Range {
            key: keys::HISTORY.as_bytes().to_vec(),
            range_end: keys::end_of(keys::HISTORY),
            limit: i64::try_from(limit).unwrap_or(PAGE),
            sort_order: 1,
            sort_target: 3,
            min_mod_revision: i64::try_from(after).unwrap_or(i64::MAX - 1) + 1,
            ..api::Range::default()
        };
        loop {
            let found = self.repeat(|member| {
                let range = range.clone();
                async move { member.range(range).await }
            })?;
            let left = until.saturating_duration_since(Instant::now());
            if !found.kvs.is_empty() || left.is_zero() {
                return found.kvs.iter().map(|kv| self.event(kv)).collect();
            }
            let watch = api::WatchCreate {
                key: range.key.clone(),
                range_end: range.range_end.clone(),
                start_revision: found.header.map_or(0, |header| header.revision) + 1,
            };
            if let Some(member) = self.member.clone() {
                // Whatever comes of it, what is there is read next.
                let _ = self
                    .runtime
                    .block_on(within(left, async { member.changed(watch).await }));
            }
            self.deadline = self.deadline.max(Instant::now() + PATIENCE);
        }
    }
}

impl EtcdStore {
    fn event(&self, kv: &api::KeyValue) -> Result<Stored, StoreError> {
        let event = Event::parse(&kv.value).map_err(|why| {
            StoreError::Damaged(format!(
                "the key {} in etcd at {} holds no event: {why}",
                sanid_host::root::escape(&kv.key),
                self.name()
            ))
        })?;
        Ok(Stored {
            sequence: u64::try_from(kv.mod_revision).unwrap_or_default(),
            event,
        })
    }
}

fn same_version(done: Applied, claim: &Seen) -> Applied {
    match done {
        Applied::Done(_) => Applied::Done(claim.version),
        raced @ Applied::Raced(_) => raced,
    }
}

fn revision(header: Option<&api::Header>) -> u64 {
    header.map_or(0, |header| {
        u64::try_from(header.revision).unwrap_or_default()
    })
}

/// Two calls at the same time.
async fn both<A, B>(
    one: impl Future<Output = Result<A, CallError>>,
    other: impl Future<Output = Result<B, CallError>>,
) -> Result<(A, B), CallError> {
    use std::task::Poll;
    let (mut one, mut other) = (std::pin::pin!(one), std::pin::pin!(other));
    let (mut first, mut second) = (None, None);
    std::future::poll_fn(move |context| {
        if first.is_none() {
            if let Poll::Ready(done) = one.as_mut().poll(context) {
                first = Some(done?);
            }
        }
        if second.is_none() {
            if let Poll::Ready(done) = other.as_mut().poll(context) {
                second = Some(done?);
            }
        }
        match (first.take(), second.take()) {
            (Some(a), Some(b)) => Poll::Ready(Ok((a, b))),
            (a, b) => {
                (first, second) = (a, b);
                Poll::Pending
            }
        }
    })
    .await
}

fn tls(options: &StoreOptions) -> Result<ClientTlsConfig, StoreError> {
    let files = &options.tls;
    let Some(ca) = &files.ca else {
        return Err(StoreError::Usage(
            "https:// needs the certificate of who signs etcd's: --ca FILE, or ca in [tls]".into(),
        ));
    };
    let mut config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?));
    match (&files.cert, &files.key) {
        (Some(cert), Some(key)) => {
            config = config.identity(TlsIdentity::from_pem(read(cert)?, read(key)?));
        }
        (None, None) => {}
        _ => {
            return Err(StoreError::Usage(
                "a client's certificate and its key belong together: --cert FILE --key FILE".into(),
            ));
        }
    }
    if let Some(name) = &files.server_name {
        config = config.domain_name(name.clone());
    }
    Ok(config)
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    std::fs::read(path).map_err(|error| {
        let why = error.raw_os_error().map_or_else(
            || error.to_string(),
            |code| sanid_host::root::describe(rustix::io::Errno::from_raw_os_error(code)),
        );
        StoreError::Usage(format!(
            "cannot read {}: {why}",
            sanid_host::root::printable(path)
        ))
    })
}

/// For pauses and for who is asked first; no name is made of it.
fn random() -> u64 {
    let mut bytes = [0; 8];
    // Without it all wait for the same time, and nothing worse.
    let _ = rustix::rand::getrandom(&mut bytes, rustix::rand::GetRandomFlags::empty());
    u64::from_le_bytes(bytes)
}

fn fraction() -> f64 {
    let thousandths = u32::try_from(random() % 1000).unwrap_or_default();
    f64::from(thousandths) / 1000.0
}

/// The lease and the transaction of claims that are all new, made before the time begins.
#[cfg(feature = "bench")]
pub(super) fn bare(
    url: &str,
    changes: &[(super::decide::Request, Change)],
    together: bool,
) -> Result<Duration, StoreError> {
    /// etcd takes 128 operations in one transaction; a claim is five.
    const AT_ONCE: usize = 25;
    let store = EtcdStore::open(url, &StoreOptions::default())?;
    let ready: Vec<(i64, api::Txn)> = changes
        .iter()
        .filter_map(|(request, change)| match change {
            Change::Put { record, event, .. } => {
                let txn = keys::put(&request.identity, record, &[], &change.free(), event);
                Some((keys::lease_id(record), txn))
            }
            _ => None,
        })
        .collect();
    let failed = |error: CallError| StoreError::Failed(format!("{error:?}"));
    store.runtime.block_on(async {
        // Connected before the time begins.
        let member = Member::new(url, None).map_err(StoreError::Failed)?;
        member.grant(1, 9_000_000_000).await.map_err(failed)?;
        let begin = Instant::now();
        if together {
            for some in ready.chunks(AT_ONCE) {
                let mut all = api::Txn::default();
                for (lease, txn) in some {
                    member.grant(*lease, 86_400).await.map_err(failed)?;
                    all.success.extend(txn.success.iter().cloned());
                }
                member.txn(all).await.map_err(failed)?;
            }
            return Ok(begin.elapsed());
        }
        for (lease, txn) in ready {
            member.grant(lease, 86_400).await.map_err(failed)?;
            member.txn(txn).await.map_err(failed)?;
        }
        Ok(begin.elapsed())
    })
}
