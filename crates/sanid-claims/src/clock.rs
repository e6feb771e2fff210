//! The clock of a store that has none of its own.

use std::sync::OnceLock;

/// A clock that never goes back and does not know the time of day.
pub trait Clock: Send {
    /// Now.
    fn now(&self) -> Moment;
}

/// Milliseconds since something that happened once: a boot. Moments of two boots cannot be compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    /// Which boot.
    pub boot: String,
    /// Milliseconds since then, time in suspend included.
    pub millis: i64,
}

/// `CLOCK_BOOTTIME` of the running kernel, and its boot id: whoever sets the time of day, by hand or by NTP,
/// ends nobody's lease.
#[derive(Debug, Clone, Copy, Default)]
pub struct HostClock;

impl Clock for HostClock {
    fn now(&self) -> Moment {
        // One process runs in one boot; each claim asks.
        static BOOT: OnceLock<String> = OnceLock::new();
        let boot = BOOT.get_or_init(|| super::host::boot_id().unwrap_or_default());
        let time = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Moment {
            boot: boot.clone(),
            millis: time.tv_sec.saturating_mul(1000) + time.tv_nsec / 1_000_000,
        }
    }
}
