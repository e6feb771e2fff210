//! Names: what they are, which rule a text breaks, and who misreads them.

mod catalogue;
mod check;
mod error;
mod host_id;
mod host_nqn;
mod host_uuid;
mod iqn;
mod iqn_prefix;
mod iscsi;
mod kind;
mod nqn;
mod pair;
mod portability;
mod prepare;
mod rule;
mod syntax;

pub use check::{Verdict, check};
pub use error::NameError;
pub use host_id::HostId;
pub use host_nqn::HostNqn;
pub use host_uuid::{DENYLISTED_UUIDS, HostUuid};
pub use iqn::Iqn;
pub use iqn_prefix::IqnPrefix;
pub use iscsi::{IscsiFormat, IscsiName};
pub use kind::NameKind;
pub use nqn::{Nqn, NqnForm};
pub use pair::{Identity, NvmePair};
pub use portability::{Portability, PortabilityIssue};
pub use rule::Rule;

/// The longest iSCSI name and the longest NQN, in bytes of UTF-8.
///
/// An iSCSI name is measured after preparation (RFC 7143 section 4.2.7.2), an
/// NQN as written (NVMe Base Specification, "NVMe Qualified Names").
///
/// ```
/// use sanid_core::{IscsiName, NAME_MAX};
///
/// let prefix = "iqn.2001-04.com.example:";
/// let longest = prefix.to_owned() + &"a".repeat(NAME_MAX - prefix.len());
/// assert!(IscsiName::parse(&longest).is_ok());
/// assert!(IscsiName::parse(&(longest + "a")).is_err());
/// ```
pub const NAME_MAX: usize = 223;

/// The longest NQN that Linux presents as a host's, in bytes: one less than
/// [`NAME_MAX`], because the kernel counts a terminating NUL within the 223.
///
/// ```
/// use sanid_core::{HOST_NQN_MAX, HostNqn, Nqn};
///
/// let prefix = "nqn.2014-08.com.example:";
/// let longest = prefix.to_owned() + &"a".repeat(HOST_NQN_MAX - prefix.len());
/// assert!(HostNqn::parse(&longest).is_ok());
/// assert!(HostNqn::parse(&(longest.clone() + "a")).is_err());
/// assert!(Nqn::parse(&(longest + "a")).is_ok());
/// ```
pub const HOST_NQN_MAX: usize = 222;

/// The storage of every name.
type Text = arrayvec::ArrayString<NAME_MAX>;

/// Joins parts whose lengths the caller has proved to fit.
fn concat(parts: &[&str]) -> Text {
    let mut text = Text::new();
    for part in parts {
        text.push_str(part);
    }
    text
}

/// What every name that is kept as text offers, besides its own methods.
macro_rules! text_traits {
    ($name:ident) => {
        impl core::fmt::Display for $name {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl core::str::FromStr for $name {
            type Err = crate::NameError;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::parse(text)
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }
    };
}
use text_traits;
