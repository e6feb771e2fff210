//! A stand-in for the API server on the loopback, with the objects of a release.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use serde_json::{Value, json};

const CLAIMS: &str = "/apis/sanid.dev/v1alpha1/storageidentityclaims";

/// The server; it ends with the process.
pub(crate) struct Server {
    port: u16,
    state: Arc<Mutex<State>>,
    directory: tempfile::TempDir,
}

#[derive(Default)]
struct State {
    claims: BTreeMap<String, Value>,
    version: u64,
    writes: usize,
}

impl Server {
    pub(crate) fn start(cluster: &Value) -> Self {
        let mut state = State {
            version: 10_000,
            ..State::default()
        };
        for item in cluster["items"].as_array().unwrap() {
            if item["kind"] == "StorageIdentityClaim" {
                let name = item["metadata"]["name"].as_str().unwrap().to_owned();
                state.claims.insert(name, item.clone());
            }
        }
        let state = Arc::new(Mutex::new(state));
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let shared = Arc::clone(&shared);
                std::thread::spawn(move || serve(&stream.unwrap(), &shared));
            }
        });
        Self {
            port,
            state,
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// A file without a certificate: the client requires one, and does not use it without TLS.
    pub(crate) fn certificate(&self) -> PathBuf {
        let file = self.directory.path().join("ca.crt");
        std::fs::write(&file, "").unwrap();
        file
    }

    /// The number of writes.
    pub(crate) fn writes(&self) -> usize {
        self.state.lock().unwrap().writes
    }
}

fn serve(stream: &TcpStream, state: &Mutex<State>) {
    let mut reader = BufReader::new(stream);
    let mut writer = stream;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        let mut length = 0;
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            let line = line.trim().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(text) = line.strip_prefix("content-length:") {
                length = text.trim().parse().unwrap();
            }
        }
        let mut body = vec![0; length];
        reader.read_exact(&mut body).unwrap();
        let mut words = first.split(' ');
        let (method, path) = (words.next().unwrap(), words.next().unwrap());
        let (code, answer) = answer(&mut state.lock().unwrap(), method, path, &body);
        let text = answer.to_string();
        let head = "Content-Type: application/json\r\nContent-Length:";
        write!(
            writer,
            "HTTP/1.1 {code} Answer\r\n{head} {}\r\n\r\n{text}",
            text.len()
        )
        .unwrap();
    }
}

fn answer(state: &mut State, method: &str, path: &str, body: &[u8]) -> (u16, Value) {
    let path = path.split('?').next().unwrap();
    let name = path.strip_prefix(CLAIMS).unwrap();
    let status = |code: u16, reason: &str| {
        let status = json!({"apiVersion": "v1", "kind": "Status", "status": "Failure", "message": reason, "reason": reason, "code": code});
        (code, status)
    };
    let name = name.trim_start_matches('/');
    let found = state.claims.get(name).cloned();
    match (method, found) {
        ("GET", _) if name.is_empty() => {
            let items: Vec<&Value> = state.claims.values().collect();
            let kind = "StorageIdentityClaimList";
            let metadata = json!({"resourceVersion": state.version.to_string()});
            (
                200,
                json!({"apiVersion": "sanid.dev/v1alpha1", "kind": kind, "metadata": metadata, "items": items}),
            )
        }
        ("GET", Some(found)) => (200, found),
        ("PUT", Some(found)) => {
            let mut new: Value = serde_json::from_slice(body).unwrap();
            let version = |object: &Value| object["metadata"]["resourceVersion"].clone();
            if version(&new) != version(&found) {
                return status(409, "Conflict");
            }
            state.version += 1;
            state.writes += 1;
            new["metadata"]["resourceVersion"] = state.version.to_string().into();
            state.claims.insert(name.to_owned(), new.clone());
            (200, new)
        }
        ("GET" | "PUT" | "DELETE", None) => status(404, "NotFound"),
        _ => panic!("{method} {path} was not expected"),
    }
}
