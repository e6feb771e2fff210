//! One configuration file: settings, or one line that names the file.
#![no_main]

use std::io;

use libfuzzer_sys::fuzz_target;
use sanid_host::config::{ConfigSource, Entry, load};

struct OneFile<'a>(&'a [u8]);

impl ConfigSource for OneFile<'_> {
    fn list(&self, _: &str) -> io::Result<Vec<Entry>> {
        Ok(Vec::new())
    }

    fn read(&self, path: &str, _: usize) -> io::Result<Option<Vec<u8>>> {
        Ok((path == "etc/sanid/config.toml").then(|| self.0.to_vec()))
    }
}

fuzz_target!(|data: &[u8]| {
    match load(&OneFile(data)) {
        Ok(settings) => drop(settings.explain()),
        Err(error) => {
            let text = error.to_string();
            assert!(text.contains("/etc/sanid/config.toml"), "{text}");
            assert!(!text.contains('\n'), "{text}");
        }
    }
});
