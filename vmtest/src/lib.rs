//! Guests with a real kernel and a real systemd that run sanid, and the Debian trees that these and other tests are
//! made of. `cargo xtask vm` calls it; docs/vm.md says what the cases prove.
//!
//! It depends on no crate of the product and builds nothing of it: the caller provides the programs ([`Bench`]).
//! Modules use only those before them in this list:
//!
//! - `host`, [`kept`]: this machine, and what is kept between runs
//! - [`debian`], `layer`, `artefacts`: trees, kernels and initramfs archives that guests are made of
//! - `case`, `cases`: what each case is, as plain data
//! - `trial`: one run of a case
//! - `guest`, `qemu`, `tree`: the parts of a guest
//! - `kinds`: one file for each kind of guest, which turns the data of a case into boots
//! - `queue`, `run`: which case runs when, and how it is reported

mod artefacts;
mod case;
mod cases;
pub mod debian;
mod guest;
mod host;
pub mod kept;
mod kinds;
mod layer;
mod qemu;
mod queue;
mod run;
mod tree;
mod trial;

pub use artefacts::{Artefact, prepare};
pub use run::{programs, run};
pub use trial::{Bench, Options};
