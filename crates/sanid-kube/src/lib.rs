//! The storage identity of every Kubernetes node: published, verified and unique.
//!
//! One agent per node looks at its host through [`sanid_host`], publishes what it sees as a
//! [`NodeStorageIdentity`](resources::NodeStorageIdentity), and holds one
//! [`StorageIdentityClaim`](resources::StorageIdentityClaim) for each identifier.
//!
//! ```text
//! observe   Root ─► HostView                       host: sanid-host below the mounts of the pod
//! decide    HostView, Claims ─► Status ─► Events   status, events: pure functions
//! act       Status ─► requests                     api, claims: the API server decides who is first
//! ```
//!
//! Without the feature `agent` there are only the resource types.

#[cfg(feature = "agent")]
pub mod agent;
#[cfg(feature = "agent")]
pub mod api;
#[cfg(feature = "agent")]
pub mod claims;
#[cfg(feature = "agent")]
pub mod cli;
#[cfg(feature = "agent")]
mod events;
#[cfg(feature = "agent")]
pub mod host;
#[cfg(feature = "agent")]
mod pace;
pub mod resources;
#[cfg(feature = "agent")]
pub mod status;
#[cfg(feature = "agent")]
mod web;
