//! Members that are asked until one answers: in turn, with pauses that grow and are never the same (jitter),
//! until the deadline.

use std::time::{Duration, Instant};

use tokio::runtime::Runtime;

use super::settings::Settings;
use super::wire::{CallError, Member, within};
use crate::store::StoreError;

/// Until [`Store::wait_until`](crate::Store::wait_until) says otherwise.
pub(super) const PATIENCE: Duration = Duration::from_secs(10);
/// A member that has not answered by then is given up for the next one. Once all have been given up they are
/// slow rather than gone, and each has twice as long.
const LONGEST_CALL: Duration = Duration::from_secs(3);
/// An attempt with less time than this says nothing about the member, so none is made.
const SHORTEST_CALL: Duration = Duration::from_millis(100);
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// The members of one store.
pub(super) struct Members {
    pub(super) runtime: Runtime,
    settings: Settings,
    /// The member that answered last, connected.
    connected: Option<Member>,
    at: usize,
    /// How often nobody answered since the deadline was set.
    given_up: usize,
    deadline: Instant,
}

impl Members {
    pub(super) fn new(settings: Settings) -> Result<Self, StoreError> {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()
            .map_err(|error| StoreError::Failed(format!("cannot begin: {error}")))?;
        let at = usize::try_from(random() % settings.urls.len().max(1) as u64).unwrap_or_default();
        Ok(Self {
            runtime,
            settings,
            connected: None,
            at,
            given_up: 0,
            deadline: Instant::now() + PATIENCE,
        })
    }

    pub(super) fn wait_until(&mut self, deadline: Instant) {
        self.deadline = deadline;
        self.given_up = 0;
    }

    /// What comes next may take as long as a first call.
    pub(super) fn go_on(&mut self) {
        self.deadline = self.deadline.max(Instant::now() + PATIENCE);
    }

    pub(super) fn name(&self) -> String {
        self.settings.urls.join(",")
    }

    pub(super) fn connected(&self) -> Option<Member> {
        self.connected.clone()
    }

    fn left(&self) -> Duration {
        self.deadline.saturating_duration_since(Instant::now())
    }

    /// Makes a call once, at the member of now.
    pub(super) fn once<T, F>(&mut self, call: impl FnOnce(Member) -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let left = self.left();
        if left.is_zero() {
            return Err(CallError::Transient("the time is over".into()));
        }
        let rounds = self.given_up / self.settings.urls.len().max(1);
        let time = call_time(left, rounds);
        let (settings, member) = (&self.settings, self.connected.take());
        let url = settings.urls.get(self.at).map_or("", String::as_str);
        let done = self.runtime.block_on(within(time, async {
            let mut member = match member {
                Some(member) => member,
                None => Member::new(url, settings.tls.as_ref()).map_err(CallError::Final)?,
            };
            if let (Some((name, password)), false) = (&settings.user, member.is_authenticated()) {
                member.authenticate(name, password).await?;
            }
            let answer = call(member.clone()).await?;
            Ok((member, answer))
        }));
        match done {
            Ok((member, answer)) => {
                self.connected = Some(member);
                Ok(answer)
            }
            Err(error) => {
                self.at = (self.at + 1) % self.settings.urls.len().max(1);
                self.given_up += 1;
                Err(error)
            }
        }
    }

    /// Makes a call until there is an answer: only what may be done twice.
    pub(super) fn repeat<T, F>(&mut self, call: impl Fn(Member) -> F) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let mut attempt = 0;
        loop {
            let why = match self.once(&call) {
                Ok(answer) => return Ok(answer),
                Err(CallError::Final(why)) => return Err(self.refused(&why)),
                Err(CallError::Transient(why)) => why,
            };
            let jitter = jittered(pause(attempt), fraction());
            if self.left() <= jitter + SHORTEST_CALL {
                return Err(self.silent(&why));
            }
            std::thread::sleep(jitter);
            attempt += 1;
        }
    }

    /// Before something else is tried.
    pub(super) fn pause(&self) {
        std::thread::sleep(jittered(FIRST_PAUSE, fraction()).min(self.left()));
    }

    fn silent(&self, why: &str) -> StoreError {
        StoreError::Unreachable(format!(
            "etcd at {} does not answer: {why}{}",
            self.name(),
            self.settings.hint(why)
        ))
    }

    pub(super) fn refused(&self, why: &str) -> StoreError {
        let hint = if why.contains("database space exceeded") {
            "; its quota is used up: compact and defragment it, then etcdctl alarm disarm"
        } else if why.contains("permission denied") || why.contains("user name is empty") {
            "; the user needs to read and write the keys that begin with /sanid/v1/"
        } else {
            ""
        };
        StoreError::Failed(format!("etcd at {} says: {why}{hint}", self.name()))
    }
}

/// How long one member is asked, after `rounds` rounds without an answer.
fn call_time(left: Duration, rounds: usize) -> Duration {
    let longest = LONGEST_CALL * (1 << rounds.min(16));
    // So that the next member has its turn, too.
    (left / 2).clamp(SHORTEST_CALL, longest).min(left)
}

/// The pause after an attempt, the first of which is 0: twice the one before it, up to the longest.
fn pause(attempt: u32) -> Duration {
    (FIRST_PAUSE * (1 << attempt.min(16))).min(LONGEST_PAUSE)
}

/// From half of it to one and a half.
fn jittered(pause: Duration, fraction: f64) -> Duration {
    pause.mul_f64(0.5 + fraction)
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

#[cfg(test)]
mod tests;
