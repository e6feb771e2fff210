//! Configuration files below a [`Root`], as [`crate::config`] asks for them.

use std::io;

use crate::config::{ConfigSource, Entry};
use crate::root::{ReadError, Root};

pub(crate) struct RootSource<'a>(pub(crate) &'a Root);

impl RootSource<'_> {
    fn masked(&self, path: &str) -> bool {
        // As it is written: the device with that name differs in an image, or does not exist.
        self.0
            .link_target(path)
            .is_some_and(|target| target == "/dev/null")
    }
}

impl ConfigSource for RootSource<'_> {
    fn list(&self, dir: &str) -> io::Result<Vec<Entry>> {
        let names = self.0.list(dir).map_err(|error| into_io(&error))?;
        let entry = |name: String| Entry {
            masked: self.masked(&format!("{dir}/{name}")),
            name,
        };
        Ok(names.into_iter().map(entry).collect())
    }

    fn read(&self, path: &str, limit: usize) -> io::Result<Option<Vec<u8>>> {
        match self.0.read(path, limit) {
            Ok(file) => Ok(file.map(|file| file.bytes)),
            Err(_) if self.masked(path) => Ok(Some(Vec::new())),
            Err(ReadError::TooLarge { .. }) => Ok(Some(vec![b' '; limit.saturating_add(1)])),
            Err(error) => Err(into_io(&error)),
        }
    }
}

fn into_io(error: &ReadError) -> io::Error {
    match error {
        ReadError::Io { errno, .. } => io::Error::from(*errno),
        other => io::Error::new(io::ErrorKind::IsADirectory, other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::os::unix::fs::symlink;

    use super::*;
    use crate::config::load;

    #[test]
    fn files_of_a_root_apply_in_order_and_dev_null_masks() {
        let dir = tempfile::tempdir().unwrap();
        let put = |path: &str, text: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        put(
            "usr/lib/sanid/config.d/10-vendor.toml",
            "scheme = 'talos'\n",
        );
        put(
            "usr/lib/sanid/config.d/20-vendor.toml",
            "on-existing = 'replace'\n",
        );
        let settings = load(&RootSource(&Root::open(dir.path()).unwrap())).unwrap();
        assert_eq!(settings.scheme.value.name(), "talos");

        put(
            "etc/sanid/config.toml",
            "iqn-prefix = 'iqn.2001-04.com.example'\n",
        );
        symlink("/dev/null", dir.path().join("etc/sanid/10-vendor.toml")).unwrap();
        fs::create_dir_all(dir.path().join("etc/sanid/config.d")).unwrap();
        symlink(
            "/dev/null",
            dir.path().join("etc/sanid/config.d/10-vendor.toml"),
        )
        .unwrap();
        let settings = load(&RootSource(&Root::open(dir.path()).unwrap())).unwrap();
        assert_eq!(settings.scheme.value.name(), "sanid-v1", "masked");
        assert_eq!(
            settings.on_existing.origin.to_string(),
            "/usr/lib/sanid/config.d/20-vendor.toml:1"
        );
        assert_eq!(
            settings.iqn_prefix.value.as_str(),
            "iqn.2001-04.com.example"
        );
    }

    #[test]
    fn a_directory_or_a_giant_in_place_of_a_file_is_named() {
        let dir = tempfile::tempdir().unwrap();
        fs::create_dir_all(dir.path().join("etc/sanid/config.toml")).unwrap();
        let error = load(&RootSource(&Root::open(dir.path()).unwrap()))
            .unwrap_err()
            .to_string();
        assert!(
            error.starts_with("/etc/sanid/config.toml: not a regular file"),
            "{error}"
        );
        fs::remove_dir(dir.path().join("etc/sanid/config.toml")).unwrap();
        fs::write(dir.path().join("etc/sanid/config.toml"), vec![b'#'; 70_000]).unwrap();
        let error = load(&RootSource(&Root::open(dir.path()).unwrap()))
            .unwrap_err()
            .to_string();
        assert!(error.contains("larger than 64 KiB"), "{error}");
    }
}
