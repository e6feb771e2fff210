//! `sanid adopt --root IMAGE --from RECORD` reads `IMAGE/etc/sanid/claim.toml`.

use std::fs;
use std::io::{ErrorKind, Read as _};
use std::net::TcpListener;
use std::os::unix::fs::symlink;
use std::path::Path;

use tempfile::TempDir;

use super::claimed::{STORE, Site};
use super::expect;

/// A claim.toml of an image is somebody else's: it reaches no file of this machine and no network.
pub(super) fn nothing_outside_of_the_root() {
    let site = Site::new("1h");
    let outside = TempDir::new().unwrap();
    let at = |name: &str| outside.path().join(name);
    let config = site.new.at("etc/sanid/claim.toml");
    let dry = ["--old-host-is-gone", "--dry-run"];
    let unknown = |config_text: &str, words: &[&str]| {
        let _ = fs::remove_file(&config);
        fs::write(&config, config_text).unwrap();
        let said = expect(&site.adopt(&[&dry[..], words].concat()), 0);
        assert!(
            said.contains("cannot find out whether"),
            "{config_text}: {said}"
        );
        said
    };
    let all = |directory: &Path| {
        let mut names: Vec<_> = fs::read_dir(directory)
            .unwrap()
            .map(|one| one.unwrap().file_name())
            .collect();
        names.sort();
        names
    };

    // Asking leaves an empty file empty, and leaves nothing beside a store.
    fs::write(at("empty"), "").unwrap();
    site.new.write("srv/claims/empty", "");
    let before = all(&site.new.at("srv/claims"));
    for store in [
        at("empty").to_str().unwrap(),
        "/srv/claims/empty",
        "srv/claims/none",
        "/etc",
        "/srv",
    ] {
        unknown(&format!("store = \"sqlite:{store}\"\n"), &[]);
    }
    symlink(outside.path(), site.new.at("srv/out")).unwrap();
    unknown("store = \"sqlite:/srv/out/empty\"\n", &[]);
    unknown("store = \"sqlite:/srv/../../../../srv/claims/none\"\n", &[]);
    let path = site.store.trim_start_matches("sqlite:");
    let bytes = fs::read(path).unwrap();
    fs::write(&config, STORE).unwrap();
    assert!(expect(&site.adopt(&dry), 0).contains("in the claim store db-1 has"));
    assert_eq!(fs::read(path).unwrap(), bytes);
    assert_eq!(all(&site.new.at("srv/claims")), before);
    assert_eq!(fs::metadata(at("empty")).unwrap().len(), 0);
    assert_eq!(
        fs::metadata(site.new.at("srv/claims/empty")).unwrap().len(),
        0
    );

    // A link out of the root leads to nothing, and no line is repeated.
    fs::write(at("other.conf"), "password = \"geheim-im-host\"\n").unwrap();
    for text in [
        "password = \"geheim-im-host\"\n",
        "store = geheim-im-host\n",
        "store = \"etcd:http://u:geheim-im-host@127.0.0.1:1\"\n",
    ] {
        let said = unknown(text, &["--check-claims"]);
        assert!(!said.contains("geheim"), "{said}");
    }
    fs::remove_file(&config).unwrap();
    symlink(at("other.conf"), &config).unwrap();
    let said = expect(&site.adopt(&dry), 0);
    assert!(!said.contains("geheim"), "{said}");

    // A fifo is not waited for.
    fs::remove_file(&config).unwrap();
    rustix::fs::mkfifoat(rustix::fs::CWD, &config, rustix::fs::Mode::RWXU).unwrap();
    assert!(expect(&site.adopt(&dry), 0).contains("fifo"));
    site.network(&unknown, &at("secret"));
}

impl Site {
    /// A store on the network is asked where that is asked for, and never gets a file of this machine.
    fn network(&self, unknown: &dyn Fn(&str, &[&str]) -> String, secret: &Path) {
        fs::write(secret, "hostsecret\n").unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        listener.set_nonblocking(true).unwrap();
        let url = format!("etcd:http://{}", listener.local_addr().unwrap());
        let called = || match listener.accept() {
            Ok((stream, _)) => Some(stream),
            Err(error) if error.kind() == ErrorKind::WouldBlock => None,
            Err(error) => panic!("{error}"),
        };
        let plain = format!("store = \"{url}\"\nwait = \"1s\"\n");
        let said = unknown(&plain, &[]);
        assert!(
            said.contains("--check-claims") && called().is_none(),
            "{said}"
        );
        let stolen = format!(
            "{plain}user = \"x\"\npassword-file = \"{}\"\n",
            secret.display()
        );
        unknown(&stolen, &["--check-claims"]);
        assert!(called().is_none(), "it asks nothing without its password");
        unknown(&plain, &["--check-claims"]);
        let mut stream = called().expect("it was asked for");
        stream.set_nonblocking(true).unwrap();
        let mut bytes = Vec::new();
        let _ = stream.read_to_end(&mut bytes);
        assert!(!String::from_utf8_lossy(&bytes).contains("hostsecret"));
        assert!(!self.pinned());
    }
}
