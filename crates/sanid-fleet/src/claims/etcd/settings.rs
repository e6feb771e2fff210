//! How members are reached: addresses, certificates, a user.

use std::path::Path;

use tonic::transport::{Certificate, ClientTlsConfig, Identity as TlsIdentity};

use crate::claims::store::{StoreError, StoreOptions};

/// What is read once, before anybody is asked.
pub(super) struct Settings {
    /// At least one.
    pub(super) urls: Vec<String>,
    pub(super) tls: Option<ClientTlsConfig>,
    /// Name and password.
    pub(super) user: Option<(String, String)>,
}

impl Settings {
    pub(super) fn new(urls: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let urls: Vec<String> = urls.split(',').map(|url| url.trim().to_owned()).collect();
        Ok(Self {
            tls: security(&urls, options)?,
            user: user(options)?,
            urls,
        })
    }
}

/// TLS or not, the same for all.
fn security(
    urls: &[String],
    options: &StoreOptions,
) -> Result<Option<ClientTlsConfig>, StoreError> {
    let count = |scheme| urls.iter().filter(|url| url.starts_with(scheme)).count();
    let (secure, plain) = (count("https://"), count("http://"));
    if secure + plain < urls.len() || (secure > 0 && plain > 0) {
        return Err(StoreError::Usage(format!(
            "etcd:{} is no list of http:// or https:// addresses, one kind only, with commas between them",
            urls.join(",")
        )));
    }
    if secure > 0 {
        return tls(options).map(Some);
    }
    if options.tls.ca.is_some() || options.tls.cert.is_some() {
        return Err(StoreError::Usage(
            "there are files for TLS, and the addresses begin with http://; https:// uses them"
                .into(),
        ));
    }
    Ok(None)
}

fn user(options: &StoreOptions) -> Result<Option<(String, String)>, StoreError> {
    match (&options.user, &options.password_file) {
        (Some(user), Some(file)) => {
            let password = String::from_utf8_lossy(&read(file)?).trim_end().to_owned();
            Ok(Some((user.clone(), password)))
        }
        (None, None) => Ok(None),
        _ => Err(StoreError::Usage(
            "user and password-file belong together".into(),
        )),
    }
}

fn tls(options: &StoreOptions) -> Result<ClientTlsConfig, StoreError> {
    let files = &options.tls;
    let Some(ca) = &files.ca else {
        return Err(StoreError::Usage(
            "https:// needs the certificate of who signs etcd's: --ca FILE, or ca in [tls]".into(),
        ));
    };
    let mut config = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca)?));
    match (&files.cert, &files.key) {
        (Some(cert), Some(key)) => {
            config = config.identity(TlsIdentity::from_pem(read(cert)?, read(key)?));
        }
        (None, None) => {}
        _ => {
            return Err(StoreError::Usage(
                "a client's certificate and its key belong together: --cert FILE --key FILE".into(),
            ));
        }
    }
    if let Some(name) = &files.server_name {
        config = config.domain_name(name.clone());
    }
    Ok(config)
}

fn read(path: &Path) -> Result<Vec<u8>, StoreError> {
    std::fs::read(path).map_err(|error| {
        let why = error.raw_os_error().map_or_else(
            || error.to_string(),
            |code| sanid_host::root::describe(rustix::io::Errno::from_raw_os_error(code)),
        );
        StoreError::Usage(format!(
            "cannot read {}: {why}",
            sanid_host::root::printable(path)
        ))
    })
}
