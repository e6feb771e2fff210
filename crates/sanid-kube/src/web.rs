//! `/healthz`, `/readyz` and `/metrics`: three answers over HTTP/1.1, one connection after the other.
//!
//! Written by hand: a framework would cost more memory than the rest of the agent.

use std::cell::RefCell;
use std::fmt::Write as _;
use std::rc::Rc;
use std::sync::PoisonError;
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

use crate::api::Requests;
use crate::resources::NodeStorageIdentityStatus;

/// A request of a scraper is a few hundred bytes.
const LONGEST_REQUEST: usize = 8192;
/// Who does not finish a request by then is not answered.
const PATIENCE: Duration = Duration::from_secs(5);

/// What the answers are made of.
#[derive(Default)]
pub(crate) struct Shown {
    /// The last look at the host.
    pub(crate) looked: Option<Instant>,
    /// How long there may be none before the agent counts as stuck.
    pub(crate) stuck_after: Duration,
    /// What was last published.
    pub(crate) status: Option<NodeStorageIdentityStatus>,
    /// When, in seconds since 1970.
    pub(crate) published_at: Option<u64>,
    /// Publications that failed.
    pub(crate) failures: u64,
    /// Requests to the API server.
    pub(crate) requests: Requests,
}

/// Shared with the loop, which is on the same thread.
pub(crate) type Shared = Rc<RefCell<Shown>>;

/// Answers for ever.
pub(crate) async fn serve(listener: TcpListener, shown: Shared) {
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                // A scraper that hangs up has what it wanted, or asks again.
                let _ = tokio::time::timeout(PATIENCE, answer(stream, &shown)).await;
            }
            // Out of file descriptors, perhaps: not to be tried without a pause.
            Err(_) => tokio::time::sleep(Duration::from_secs(1)).await,
        }
    }
}

async fn answer(mut stream: TcpStream, shown: &Shared) -> std::io::Result<()> {
    let mut request = Vec::with_capacity(512);
    while !request.windows(4).any(|four| four == b"\r\n\r\n") {
        if request.len() > LONGEST_REQUEST || stream.read_buf(&mut request).await? == 0 {
            return Ok(());
        }
    }
    let (status, kind, body) = response(&request, &shown.borrow());
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    stream.shutdown().await
}

const TEXT: &str = "text/plain; charset=utf-8";
/// The text format of Prometheus.
const METRICS: &str = "text/plain; version=0.0.4; charset=utf-8";

fn response(request: &[u8], shown: &Shown) -> (&'static str, &'static str, String) {
    let line = request
        .split(|byte| *byte == b'\r')
        .next()
        .unwrap_or_default();
    let line = String::from_utf8_lossy(line);
    let mut words = line.split(' ');
    let (method, path) = (
        words.next().unwrap_or_default(),
        words.next().unwrap_or_default(),
    );
    if method != "GET" {
        return ("405 Method Not Allowed", TEXT, "only GET\n".into());
    }
    let yes_or_no = |yes: bool, no: &str| {
        if yes {
            ("200 OK", TEXT, "ok\n".to_owned())
        } else {
            ("503 Service Unavailable", TEXT, format!("{no}\n"))
        }
    };
    match path.split('?').next().unwrap_or_default() {
        "/healthz" => yes_or_no(
            shown
                .looked
                .is_some_and(|at| at.elapsed() < shown.stuck_after),
            "the agent has not looked at the host for too long",
        ),
        // Once published, it stays ready: that the API server is away is no reason to restart anything.
        "/readyz" => yes_or_no(shown.status.is_some(), "nothing is published yet"),
        "/metrics" => ("200 OK", METRICS, metrics(shown)),
        _ => (
            "404 Not Found",
            TEXT,
            "/healthz, /readyz or /metrics\n".into(),
        ),
    }
}

/// The metrics; docs/kubernetes.md lists them.
pub(crate) fn metrics(shown: &Shown) -> String {
    let mut page = Page::default();
    if let Some(status) = &shown.status {
        of_status(&mut page, status);
    }
    page.family(
        "sanid_published_timestamp_seconds",
        "gauge",
        "When the status was last published.",
    );
    if let Some(at) = shown.published_at {
        page.sample("sanid_published_timestamp_seconds", &[], at);
    }
    page.family(
        "sanid_publish_failures_total",
        "counter",
        "Publications that failed.",
    );
    page.sample("sanid_publish_failures_total", &[], shown.failures);
    page.family(
        "sanid_api_requests_total",
        "counter",
        "Requests to the API server.",
    );
    let requests = shown
        .requests
        .lock()
        .unwrap_or_else(PoisonError::into_inner);
    for (verb, count) in requests.iter() {
        page.sample("sanid_api_requests_total", &[("verb", verb)], *count);
    }
    page.family("process_resident_memory_bytes", "gauge", "Resident memory.");
    if let Some(bytes) = resident() {
        page.sample("process_resident_memory_bytes", &[], bytes);
    }
    page.text
}

fn of_status(page: &mut Page, status: &NodeStorageIdentityStatus) {
    page.family(
        "sanid_identity_info",
        "gauge",
        "The identity of the node, always 1.",
    );
    if let Some(identity) = &status.identity {
        let text = |value: &Option<String>| value.clone().unwrap_or_default();
        let labels = [
            ("iqn", text(&identity.iqn)),
            ("host_nqn", text(&identity.host_nqn)),
            ("host_id", text(&identity.host_id)),
            ("scheme", text(&status.scheme)),
        ];
        let labels = labels
            .each_ref()
            .map(|(name, value)| (*name, value.as_str()));
        page.sample("sanid_identity_info", &labels, 1);
    }
    page.family(
        "sanid_condition",
        "gauge",
        "Whether a condition has this status.",
    );
    for condition in &status.conditions {
        for word in ["True", "False", "Unknown"] {
            let labels = [("type", condition.r#type.as_str()), ("status", word)];
            page.sample(
                "sanid_condition",
                &labels,
                u64::from(condition.status.as_str() == word),
            );
        }
    }
    page.family(
        "sanid_live_sessions",
        "gauge",
        "Live sessions by whether they use the identity.",
    );
    for (kind, count) in [("iscsi", status.live.iscsi), ("nvme", status.live.nvme)] {
        for (state, count) in [("matched", count.matched), ("mismatched", count.mismatched)] {
            let labels = [("kind", kind), ("state", state)];
            page.sample("sanid_live_sessions", &labels, count.unsigned_abs().into());
        }
    }
    page.family(
        "sanid_findings",
        "gauge",
        "Findings by code (docs/findings.md).",
    );
    for finding in &status.findings {
        let labels = [
            ("code", finding.code.as_str()),
            ("severity", finding.severity.as_str()),
        ];
        page.sample("sanid_findings", &labels, 1);
    }
}

/// Resident memory of this process, from the kernel.
fn resident() -> Option<u64> {
    let text = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: u64 = text.split(' ').nth(1)?.parse().ok()?;
    Some(pages * rustix::param::page_size() as u64)
}

/// The text format of Prometheus as it grows.
#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    fn family(&mut self, name: &str, kind: &str, help: &str) {
        // Writing to a String cannot fail.
        let _ = write!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}\n");
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: u64) {
        let mut pairs = Vec::new();
        for (name, value) in labels {
            let value = value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            pairs.push(format!("{name}=\"{value}\""));
        }
        let pairs = if pairs.is_empty() {
            String::new()
        } else {
            format!("{{{}}}", pairs.join(","))
        };
        let _ = writeln!(self.text, "{name}{pairs} {value}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_of(request: &str, shown: &Shown) -> &'static str {
        response(request.as_bytes(), shown).0
    }

    #[test]
    fn healthy_is_who_looked_lately_and_ready_is_who_has_published() {
        let mut shown = Shown {
            stuck_after: Duration::from_secs(60),
            ..Shown::default()
        };
        assert_eq!(
            status_of("GET /healthz HTTP/1.1\r\n\r\n", &shown),
            "503 Service Unavailable"
        );
        assert_eq!(
            status_of("GET /readyz HTTP/1.1\r\n\r\n", &shown),
            "503 Service Unavailable"
        );
        shown.looked = Some(Instant::now());
        shown.status = Some(NodeStorageIdentityStatus::default());
        assert_eq!(status_of("GET /healthz HTTP/1.1\r\n\r\n", &shown), "200 OK");
        assert_eq!(status_of("GET /readyz HTTP/1.1\r\n\r\n", &shown), "200 OK");
        shown.stuck_after = Duration::ZERO;
        assert_eq!(
            status_of("GET /healthz HTTP/1.1\r\n\r\n", &shown),
            "503 Service Unavailable"
        );
    }

    #[test]
    fn other_paths_and_methods_are_refused() {
        let shown = Shown::default();
        assert_eq!(status_of("GET / HTTP/1.1\r\n\r\n", &shown), "404 Not Found");
        assert_eq!(
            status_of("POST /metrics HTTP/1.1\r\n\r\n", &shown),
            "405 Method Not Allowed"
        );
        assert_eq!(status_of("\r\n\r\n", &shown), "405 Method Not Allowed");
    }

    #[test]
    fn a_label_cannot_break_out_of_its_quotes() {
        let mut page = Page::default();
        page.sample("x", &[("a", "1\"} 7\n\\")], 1);
        assert_eq!(page.text, "x{a=\"1\\\"} 7\\n\\\\\"} 1\n");
    }
}
