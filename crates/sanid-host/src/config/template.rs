//! The IQN template: an IQN with placeholders.

use sanid_core::{HostUuid, Iqn, NameError};

/// The digits of `{id12}`.
const SHORT_ID: usize = 12;

/// Default host names of systems without a name.
///
/// A name made from one of these is shared by every unnamed host, and changes the day the host
/// gets its own.
const UNNAMED: [&str; 5] = [
    "localhost",
    "localhost.localdomain",
    "localhost6",
    "localhost6.localdomain6",
    "(none)",
];

/// A rule that makes an IQN from a host's identity: text with the placeholders `{id}`, `{id12}`
/// and `{hostname}`.
///
/// - `{id}`: the 32 hexadecimal digits of the host UUID;
/// - `{id12}`: the first 12 of them, for people who read names aloud;
/// - `{hostname}`: the static host name of `/etc/hostname`, in lower case, whole (with its domain,
///   if it has one).
///
/// # Examples
///
/// ```
/// use sanid_core::HostUuid;
/// use sanid_host::config::IqnTemplate;
///
/// let template = IqnTemplate::parse("iqn.2004-05.com.example:{hostname}-{id12}")?;
/// let uuid = HostUuid::from_bytes(*b"0123456789abcdef");
/// let iqn = template.render(&uuid, Some("Web1"))?;
/// assert_eq!(iqn.as_str(), "iqn.2004-05.com.example:web1-303132333435");
/// # Ok::<(), sanid_host::config::TemplateError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IqnTemplate {
    text: String,
    parts: Vec<Part>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    Id,
    ShortId,
    Hostname,
}

/// Why a template, or the name it gives on this host, is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TemplateError {
    /// Braces around something that is not a placeholder.
    #[error("{{{}}} is not a placeholder; the placeholders are {{id}}, {{id12}} and {{hostname}}", .name.escape_debug())]
    UnknownPlaceholder {
        /// What is between the braces.
        name: String,
    },
    /// A brace without its other half.
    #[error(
        "a brace has no matching brace; braces enclose a placeholder, and are not allowed in an IQN"
    )]
    UnbalancedBrace,
    /// The rule breaks the rules for an IQN.
    #[error("{name:?} is not a valid IQN: {error}")]
    Name {
        /// What the template gave.
        name: String,
        /// The rule it breaks.
        error: NameError,
    },
    /// A valid name that targets disagree about.
    #[error("{name:?} is a valid IQN that some programs read differently: {issues}")]
    NotPortable {
        /// What the template gave.
        name: String,
        /// What targets do with it.
        issues: String,
    },
    /// A template with `{hostname}` on a host without a name.
    #[error(
        "the template needs {{hostname}} and this host has no static name; set one in /etc/hostname"
    )]
    NoHostname,
    /// A host name of an unnamed host.
    #[error(
        "the host name {hostname:?} is the default of hosts without a name; set this host's name in /etc/hostname"
    )]
    UnnamedHost {
        /// The name.
        hostname: String,
    },
    /// A host name that has no place in an IQN.
    #[error(
        "the host name {hostname:?} has the character {character:?}; an IQN takes letters, digits, '-' and '.' from a host name"
    )]
    HostnameCharacter {
        /// The name.
        hostname: String,
        /// The first character that cannot be used.
        character: char,
    },
}

impl IqnTemplate {
    /// Parses a template, and refuses one that gives no valid and portable IQN on any host.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] for a placeholder that does not exist, a lone brace, or literal text that
    /// breaks the rules for an IQN (RFC 7143 section 4.2.7, RFC 3722).
    pub fn parse(text: &str) -> Result<Self, TemplateError> {
        let template = Self {
            text: text.to_owned(),
            parts: split(text)?,
        };
        // Whatever a host fills in is lower-case letters and digits, so one example decides
        // whether the literal text is at fault. Lengths are for `render` to judge.
        template.render(&HostUuid::from_bytes([0xa5; 16]), Some("h"))?;
        Ok(template)
    }

    /// The template as written.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Whether it holds `{id}` or `{id12}`, and so gives each host a name of its own.
    pub fn is_unique(&self) -> bool {
        self.parts
            .iter()
            .any(|part| matches!(part, Part::Id | Part::ShortId))
    }

    /// Whether it needs the host name.
    pub(crate) fn needs_hostname(&self) -> bool {
        self.parts.contains(&Part::Hostname)
    }

    /// Makes this host's IQN. `hostname` is the static name as `/etc/hostname` has it, without
    /// surrounding whitespace.
    ///
    /// # Errors
    ///
    /// [`TemplateError`] when the template needs a host name and there is none that can be used,
    /// or when the name that results is too long or otherwise not valid and portable.
    pub fn render(&self, uuid: &HostUuid, hostname: Option<&str>) -> Result<Iqn, TemplateError> {
        let mut digits = [0; 32];
        let id = uuid.encode_simple(&mut digits);
        let mut name = String::new();
        for part in &self.parts {
            match part {
                Part::Literal(text) => name.push_str(text),
                Part::Id => name.push_str(id),
                Part::ShortId => name.extend(id.chars().take(SHORT_ID)),
                Part::Hostname => name.push_str(&usable(hostname)?),
            }
        }
        let iqn = match Iqn::parse(&name) {
            Ok(iqn) => iqn,
            Err(error) => return Err(TemplateError::Name { name, error }),
        };
        portable(&iqn)?;
        Ok(iqn)
    }
}

/// Refuses a name that some program refuses or misreads.
fn portable(iqn: &Iqn) -> Result<(), TemplateError> {
    let portability = iqn.portability();
    if portability.is_portable() {
        return Ok(());
    }
    let issues: Vec<_> = portability
        .iter()
        .map(|issue| issue.explanation())
        .collect();
    Err(TemplateError::NotPortable {
        name: iqn.as_str().to_owned(),
        issues: issues.join(" ").trim_end_matches('.').to_owned(),
    })
}

fn split(text: &str) -> Result<Vec<Part>, TemplateError> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((literal, after)) = rest.split_once('{') {
        let (name, tail) = after
            .split_once('}')
            .ok_or(TemplateError::UnbalancedBrace)?;
        push_literal(&mut parts, literal)?;
        parts.push(match name {
            "id" => Part::Id,
            "id12" => Part::ShortId,
            "hostname" => Part::Hostname,
            _ => {
                return Err(TemplateError::UnknownPlaceholder {
                    name: name.to_owned(),
                });
            }
        });
        rest = tail;
    }
    push_literal(&mut parts, rest)?;
    Ok(parts)
}

fn push_literal(parts: &mut Vec<Part>, text: &str) -> Result<(), TemplateError> {
    if text.contains('}') {
        return Err(TemplateError::UnbalancedBrace);
    }
    if !text.is_empty() {
        parts.push(Part::Literal(text.to_owned()));
    }
    Ok(())
}

/// The host name as it goes into an IQN, where RFC 3722 allows lower-case letters, digits, `-`
/// and `.`.
fn usable(hostname: Option<&str>) -> Result<String, TemplateError> {
    let hostname = hostname.filter(|name| !name.is_empty());
    let hostname = hostname.ok_or(TemplateError::NoHostname)?.to_owned();
    let lower = hostname.to_ascii_lowercase();
    if UNNAMED.contains(&lower.as_str()) {
        return Err(TemplateError::UnnamedHost { hostname });
    }
    let wrong = |c: &char| !matches!(c, 'a'..='z' | '0'..='9' | '-' | '.');
    match lower.chars().find(wrong) {
        Some(character) => Err(TemplateError::HostnameCharacter {
            hostname,
            character,
        }),
        None => Ok(lower),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn uuid() -> HostUuid {
        HostUuid::from_bytes([
            0x65, 0x2f, 0x5d, 0x50, 0xa6, 0x89, 0x45, 0x20, 0xb8, 0x7b, 0xfe, 0x25, 0x52, 0xef,
            0x6b, 0x8b,
        ])
    }

    #[test]
    fn placeholders_are_filled_in() {
        for (template, expected) in [
            (
                "iqn.2004-05.com.example:{id}",
                "iqn.2004-05.com.example:652f5d50a6894520b87bfe2552ef6b8b",
            ),
            (
                "iqn.2004-05.com.example:{id12}",
                "iqn.2004-05.com.example:652f5d50a689",
            ),
            (
                "iqn.2004-05.com.example:{hostname}.{id12}",
                "iqn.2004-05.com.example:web-1.example.com.652f5d50a689",
            ),
            (
                "iqn.2004-05.com.example:{id12}{id12}",
                "iqn.2004-05.com.example:652f5d50a689652f5d50a689",
            ),
        ] {
            let rendered = IqnTemplate::parse(template)
                .and_then(|template| template.render(&uuid(), Some("Web-1.Example.com")))
                .expect(template);
            assert_eq!(rendered.as_str(), expected);
        }
    }

    #[test]
    fn a_template_that_cannot_give_an_iqn_is_refused_when_it_is_read() {
        for (template, message) in [
            ("", "not a valid IQN"),
            ("{id}", "not a valid IQN"),
            (
                "iqn.2004-05.com.example:{mac}",
                "{mac} is not a placeholder",
            ),
            ("iqn.2004-05.com.example:{ID}", "{ID} is not a placeholder"),
            ("iqn.2004-05.com.example:{}", "{} is not a placeholder"),
            (
                "iqn.2004-05.com.example:{a\n\u{1b}[2J}",
                "{a\\n\\u{1b}[2J} is not a placeholder",
            ),
            (
                "iqn.2004-05.com.example:{{id}}",
                "{{id} is not a placeholder",
            ),
            (
                "iqn.2004-05.com.example:{id",
                "a brace has no matching brace",
            ),
            (
                "iqn.2004-05.com.example:id}",
                "a brace has no matching brace",
            ),
            (
                "iqn.2004-05.com.example:}{id}",
                "a brace has no matching brace",
            ),
            ("iqn.2004-05.com.example:a b{id}", "not a valid IQN"),
            (
                "iqn.2004-05.com.example:Rack1-{id12}",
                "some programs read differently",
            ),
            ("iqn.2004-05.com.example:rack_1-{id12}", "IQN"),
        ] {
            let error = IqnTemplate::parse(template)
                .expect_err(template)
                .to_string();
            assert!(error.contains(message), "{template}: {error}");
        }
    }

    #[test]
    fn a_host_name_that_has_no_place_in_an_iqn_is_refused() {
        let template = IqnTemplate::parse("iqn.2004-05.com.example:{hostname}-{id12}").unwrap();
        let long = "a".repeat(250);
        for (hostname, message) in [
            (None, "no static name"),
            (Some(""), "no static name"),
            (Some("LocalHost"), "without a name"),
            (Some("localhost.localdomain"), "without a name"),
            (Some("web_1"), "'_'"),
            (Some("web 1"), "' '"),
            (Some("wéb"), "'é'"),
            (Some("web\n"), "'\\n'"),
            (Some(long.as_str()), "not a valid IQN"),
        ] {
            let error = template.render(&uuid(), hostname).unwrap_err().to_string();
            assert!(error.contains(message), "{hostname:?}: {error}");
        }
    }

    #[test]
    fn a_template_without_hostname_does_not_ask_for_one() {
        let template = IqnTemplate::parse("iqn.2004-05.com.example:{id}").unwrap();
        assert!(!template.needs_hostname());
        assert!(template.render(&uuid(), None).is_ok());
    }

    #[test]
    fn only_an_id_makes_a_template_unique() {
        for (template, unique) in [
            ("iqn.2004-05.com.example:{id}", true),
            ("iqn.2004-05.com.example:{id12}", true),
            ("iqn.2004-05.com.example:{hostname}", false),
            ("iqn.2004-05.com.example:fixed", false),
        ] {
            assert_eq!(
                IqnTemplate::parse(template).unwrap().is_unique(),
                unique,
                "{template}"
            );
        }
    }

    proptest! {
        #[test]
        fn no_text_and_no_host_name_makes_it_panic(text in ".*", hostname in proptest::option::of(".*")) {
            if let Ok(template) = IqnTemplate::parse(&text) {
                let _ = template.render(&uuid(), hostname.as_deref());
            }
        }

        #[test]
        fn no_text_around_a_placeholder_makes_it_panic(text in "iqn\\.2004-05\\.com\\.example:[a-z{}id12]*") {
            let _ = IqnTemplate::parse(&text);
        }
    }
}
