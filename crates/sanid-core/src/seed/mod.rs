//! Seeds: the secret that stands for an installation, and what may be told of it.

mod app_id;
mod fingerprint;
mod hmac;
mod machine_id;

pub use app_id::{
    AppId, NVME_CLI_1_APP_ID, SANID_FINGERPRINT_APP_ID, SANID_HARDWARE_APP_ID, SANID_V1_APP_ID,
};
pub use fingerprint::{SeedFingerprint, SeedFingerprintError};
pub(crate) use hmac::hmac_uuid;
pub use machine_id::{MachineId, MachineIdError};
