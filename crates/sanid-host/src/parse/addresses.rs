//! The addresses of this host's interfaces, as the kernel lists them (proc(5)).
//!
//! Addresses that mean nothing elsewhere are left out: loopback, link-local and multicast.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// The IPv4 addresses in `/proc/net/fib_trie`: those with a route of the type `LOCAL` to them alone (Linux
/// `net/ipv4/fib_trie.c`).
///
/// # Examples
/// ```
/// use sanid_host::parse::addresses;
///
/// let trie = b"Local:\n  |-- 192.0.2.7\n     /32 host LOCAL\n  |-- 192.0.2.255\n     /32 link BROADCAST\n";
/// assert_eq!(addresses::ipv4(trie)[0].to_string(), "192.0.2.7");
/// ```
pub fn ipv4(trie: &[u8]) -> Vec<IpAddr> {
    let text = String::from_utf8_lossy(trie);
    let mut last: Option<Ipv4Addr> = None;
    let mut found = Vec::new();
    for line in text.lines() {
        let line = line.trim();
        if let Some(address) = line.strip_prefix("|-- ") {
            last = address.parse().ok();
        } else if line == "/32 host LOCAL" {
            found.extend(last.filter(|one| !one.is_loopback() && !one.is_link_local()));
        }
    }
    unique(found.into_iter().map(IpAddr::V4).collect())
}

/// The IPv6 addresses in `/proc/net/if_inet6` that have more than the scope of a link (Linux
/// `net/ipv6/addrconf.c`).
///
/// # Examples
/// ```
/// use sanid_host::parse::addresses;
///
/// let table = b"20010db8000000000000000000000007 02 40 00 80     eth0\n\
///               fe800000000000000000000000000007 02 40 20 80     eth0\n";
/// assert_eq!(addresses::ipv6(table).len(), 1);
/// assert_eq!(addresses::ipv6(table)[0].to_string(), "2001:db8::7");
/// ```
pub fn ipv6(table: &[u8]) -> Vec<IpAddr> {
    let text = String::from_utf8_lossy(table);
    let address = |line: &str| {
        let mut words = line.split_whitespace();
        let digits = words.next().filter(|digits| digits.len() == 32)?;
        let scope = words.nth(2)?;
        let bits = u128::from_str_radix(digits, 16).ok()?;
        // 10 loopback, 20 link.
        (!matches!(scope, "10" | "20")).then(|| IpAddr::V6(Ipv6Addr::from(bits)))
    };
    unique(text.lines().filter_map(address).collect())
}

fn unique(mut addresses: Vec<IpAddr>) -> Vec<IpAddr> {
    addresses.sort_unstable();
    addresses.dedup();
    addresses
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Linux 6.1 prints it; an address is in the tables Main and Local.
    const TRIE: &str = "Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 192.0.2.0/24 2 0 2
        |-- 192.0.2.0
           /24 link UNICAST
        |-- 192.0.2.7
           /32 host LOCAL
        |-- 192.0.2.255
           /32 link BROADCAST
Local:
     |-- 127.0.0.1
        /32 host LOCAL
     |-- 169.254.3.4
        /32 host LOCAL
     |-- 192.0.2.7
        /32 host LOCAL
     |-- 198.51.100.9
        /32 host LOCAL
";

    #[test]
    fn own_addresses_are_found_once() {
        let found: Vec<String> = ipv4(TRIE.as_bytes())
            .iter()
            .map(ToString::to_string)
            .collect();
        assert_eq!(found, ["192.0.2.7", "198.51.100.9"]);
    }

    #[test]
    fn what_is_no_table_has_none() {
        for text in [
            "",
            "|-- ",
            "/32 host LOCAL",
            "|-- x\n/32 host LOCAL",
            "\u{0}",
            "zz 02 40 00 80 eth0",
        ] {
            assert!(ipv4(text.as_bytes()).is_empty(), "{text:?}");
            assert!(ipv6(text.as_bytes()).is_empty(), "{text:?}");
        }
    }
}
