//! An initramfs for any host, made by the real dracut or initramfs-tools in a Debian that has an identity of its own:
//! the post-install scripts of its packages made it up. Nothing of it may be in the image.

use std::path::PathBuf;

use anyhow::{Context as _, Result};

use crate::artefacts::Artefact;
use crate::case::Maker;
use crate::debian::Debian;
use crate::host::run;
use crate::layer::version;
use crate::trial::Trial;

/// Makes an image with everything in it.
pub(super) fn make(trial: &Trial<'_>, debian: Debian, maker: Maker) -> Result<PathBuf> {
    let builder = Artefact::Builder(debian).get()?;
    let kernel = Artefact::Kernel(debian).get()?;
    let version = version(&kernel)?;
    let script = trial.guest_file("make-image.sh");
    let work = trial.work();
    let (usr, sanid) = (trial.bench.root.join("dist/usr"), trial.sanid()?);
    let maker = match maker {
        Maker::Dracut => "dracut",
        Maker::InitramfsTools => "initramfs-tools",
    };
    run!(
        "unshare --mount bash -eu {script} {builder} {work} {usr} {sanid} {kernel} {version} {maker}"
    )
    .context("the image")?;
    Ok(work.join("image"))
}
