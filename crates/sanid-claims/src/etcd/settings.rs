//! How members are reached: addresses, certificates, a user.

use std::path::Path;

use tonic::transport::{Certificate, ClientTlsConfig, Identity as TlsIdentity};

use crate::store::{StoreError, StoreOptions, TlsFiles};

/// A password, or a bundle of certificates.
const LONGEST: usize = 1 << 20;

/// What is read once, before anybody is asked.
pub(super) struct Settings {
    /// At least one.
    pub(super) urls: Vec<String>,
    pub(super) tls: Option<ClientTlsConfig>,
    files: TlsFiles,
    /// Name and password.
    pub(super) user: Option<(String, String)>,
}

impl Settings {
    pub(super) fn new(urls: &str, options: &StoreOptions) -> Result<Self, StoreError> {
        let urls: Vec<String> = urls.split(',').map(|url| url.trim().to_owned()).collect();
        without_secrets(&urls, options)?;
        Ok(Self {
            tls: security(&urls, options)?,
            user: user(options)?,
            files: options.tls.clone(),
            urls,
        })
    }

    /// What to look at where a server did not answer, and TLS may be why.
    pub(super) fn hint(&self, why: &str) -> String {
        if self.tls.is_some() {
            certificates(why, &self.files)
        } else {
            String::new()
        }
    }
}

/// A server that does not take the client's certificate says so in an alert (RFC 8446 section 6.2) and ends the
/// connection; whether the alert is read before the end is a matter of luck.
fn certificates(why: &str, files: &TlsFiles) -> String {
    let path = |file: &Option<_>| file.as_deref().map(sanid_host::root::printable);
    if why.contains("invalid peer certificate") {
        return format!(
            "; etcd's certificate has to be of today, for this address, and signed by who is in {}",
            path(&files.ca).unwrap_or_default()
        );
    }
    let told = if why.contains("received fatal alert") {
        "has refused"
    } else {
        "may have refused"
    };
    path(&files.cert).map_or_else(
        || format!("; etcd {told} a host without a certificate: --cert FILE --key FILE"),
        |cert| {
            format!(
                "; etcd {told} this host's certificate: openssl x509 -noout -issuer -dates -in {cert} shows by whom and until when it is"
            )
        },
    )
}

/// A password is in a file of its own, and leaves this machine only encrypted.
fn without_secrets(urls: &[String], options: &StoreOptions) -> Result<(), StoreError> {
    // Not repeated: it would be in logs.
    if urls.iter().any(|url| url.contains(['@', '?', '#'])) {
        return Err(StoreError::Usage(
            "an address of etcd holds more than host and port, perhaps a user with a password; write those as user and password-file"
                .into(),
        ));
    }
    let in_the_clear = |url: &String| {
        let host = url.strip_prefix("http://").map(host);
        host.is_some_and(|host| !is_loopback(host))
    };
    if options.user.is_some() && urls.iter().any(in_the_clear) {
        return Err(StoreError::Refused(
            "the password would cross the network in the clear: anybody on the way could read it, and change claims\n\
             Ways out:\n  \
             https://        with ca in [tls], or --ca FILE\n  \
             without user    where etcd asks for none"
                .into(),
        ));
    }
    Ok(())
}

/// The host of an address, without brackets and port.
fn host(address: &str) -> &str {
    let authority = address.split('/').next().unwrap_or_default();
    match authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        Some((host, _)) => host,
        None => authority
            .rsplit_once(':')
            .map_or(authority, |(host, _)| host),
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost"
        || host
            .parse::<std::net::IpAddr>()
            .is_ok_and(|address| address.is_loopback())
}

/// TLS or not, the same for all.
fn security(
    urls: &[String],
    options: &StoreOptions,
) -> Result<Option<ClientTlsConfig>, StoreError> {
    let count = |scheme| urls.iter().filter(|url| url.starts_with(scheme)).count();
    let (secure, plain) = (count("https://"), count("http://"));
    if secure + plain < urls.len() || (secure > 0 && plain > 0) {
        return Err(StoreError::Usage(
            "the text after etcd: must be a comma-separated list of addresses, all http:// or all https://"
                .into(),
        ));
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
            let password = String::from_utf8_lossy(&read(file, options)?)
                .trim_end()
                .to_owned();
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
    let mut config =
        ClientTlsConfig::new().ca_certificate(Certificate::from_pem(read(ca, options)?));
    match (&files.cert, &files.key) {
        (Some(cert), Some(key)) => {
            config = config.identity(TlsIdentity::from_pem(
                read(cert, options)?,
                read(key, options)?,
            ));
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

fn read(path: &Path, options: &StoreOptions) -> Result<Vec<u8>, StoreError> {
    crate::files::content(path, options.below.as_deref(), LONGEST).map_err(StoreError::Usage)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_neither_repeated_nor_sent_in_the_clear() {
        let with = |user: Option<&str>| StoreOptions {
            user: user.map(str::to_owned),
            ..StoreOptions::default()
        };
        for url in [
            "http://u:geheim@10.0.0.1:1",
            "u:geheim@h:1",
            "http://h:1?password=geheim",
            "geheim",
        ] {
            let error = Settings::new(url, &with(None)).err().unwrap().to_string();
            assert!(!error.contains("geheim"), "{url}: {error}");
        }
        for (urls, refused) in [
            ("http://10.0.0.1:2379", true),
            ("http://127.0.0.1:1,http://etcd.example.com:1", true),
            ("http://localhost.example.com:1", true),
            (
                "http://127.0.0.1:2379,http://localhost:1,http://[::1]:1/",
                false,
            ),
            ("https://10.0.0.1:2379", false),
        ] {
            let error = Settings::new(urls, &with(Some("x"))).err().unwrap();
            assert_eq!(
                matches!(error, StoreError::Refused(_)),
                refused,
                "{urls}: {error}"
            );
        }
    }

    #[test]
    fn who_is_not_let_in_reads_which_certificate_to_look_at() {
        let with = TlsFiles {
            ca: Some("/tls/ca.pem".into()),
            cert: Some("/tls/host.pem".into()),
            key: Some("/tls/host.key".into()),
            server_name: None,
        };
        let without = TlsFiles {
            cert: None,
            key: None,
            ..with.clone()
        };
        let table = [
            (
                "received fatal alert: BadCertificate",
                &with,
                "has refused this host's certificate: openssl x509 -noout -issuer -dates -in /tls/host.pem",
            ),
            (
                "broken pipe",
                &with,
                "may have refused this host's certificate: openssl x509 -noout -issuer -dates -in /tls/host.pem",
            ),
            (
                "received fatal alert: CertificateRequired",
                &without,
                "has refused a host without a certificate: --cert FILE --key FILE",
            ),
            (
                "connection reset",
                &without,
                "may have refused a host without a certificate: --cert FILE --key FILE",
            ),
            (
                "invalid peer certificate: UnknownIssuer",
                &with,
                "signed by who is in /tls/ca.pem",
            ),
        ];
        for (why, files, hint) in table {
            let said = certificates(why, files);
            assert!(said.contains(hint), "{why}: {said}");
        }
    }
}
