//! Between a client and its store: one that is late, one that counts, and one that closes connections.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// An address at which each connection is passed on to the store. It listens as long as this program runs.
fn listen(store: &str, mut connected: impl FnMut(&TcpStream, &str) + Send + 'static) -> String {
    let store = store.rsplit('/').next().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            connected(&client, &store);
        }
    });
    address
}

/// Passes on what is said in one direction; `note` sees it first.
fn carry(from: &TcpStream, to: &TcpStream, mut note: impl FnMut(&[u8]) + Send + 'static) {
    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
    std::thread::spawn(move || {
        let mut said = vec![0; 65536];
        while let Ok(length @ 1..) = from.read(&mut said) {
            note(&said[..length]);
            if to.write_all(&said[..length]).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// Answers arrive so much later, in their order.
pub(crate) fn late(store: &str, by: Duration) -> String {
    listen(store, move |client, store| {
        if let Ok(store) = TcpStream::connect(store) {
            carry(client, &store, |_| ());
            carry_late(&store, client, by);
        }
    })
}

fn carry_late(from: &TcpStream, to: &TcpStream, by: Duration) {
    let (late, arrived) = mpsc::channel::<(Instant, Vec<u8>)>();
    let mut says = from.try_clone().unwrap();
    std::thread::spawn(move || {
        let mut said = vec![0; 65536];
        while let Ok(length @ 1..) = says.read(&mut said) {
            if late
                .send((Instant::now() + by, said[..length].to_vec()))
                .is_err()
            {
                break;
            }
        }
    });
    let mut to = to.try_clone().unwrap();
    std::thread::spawn(move || {
        for (due, said) in arrived {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to.write_all(&said).is_err() {
                break;
            }
        }
        let _ = to.shutdown(Shutdown::Both);
    });
}

/// The first connections are closed at once: an answer that another attempt may change. And how many there were.
pub(crate) fn closing(store: &str, first: usize) -> (String, impl Fn() -> usize + use<>) {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let url = listen(store, move |client, store| {
        if counted.fetch_add(1, Ordering::SeqCst) < first {
            return;
        }
        let store = TcpStream::connect(store).unwrap();
        carry(client, &store, |_| ());
        carry(&store, client, |_| ());
    });
    (url, move || asked.load(Ordering::SeqCst))
}

/// A relay that counts requests and connections.
pub(crate) struct Counted {
    url: String,
    requests: Arc<AtomicUsize>,
    connections: Arc<AtomicUsize>,
}

impl Counted {
    pub(crate) fn new(store: &str) -> Self {
        let requests = Arc::new(AtomicUsize::new(0));
        let connections = Arc::new(AtomicUsize::new(0));
        let (asked, connected) = (Arc::clone(&requests), Arc::clone(&connections));
        let url = listen(store, move |client, store| {
            connected.fetch_add(1, Ordering::SeqCst);
            let store = TcpStream::connect(store).unwrap();
            let asked = Arc::clone(&asked);
            // The client begins with this.
            let mut frames = Frames::after("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len());
            carry(client, &store, move |bytes| {
                frames.read(bytes, |kind| {
                    // A request begins with its headers.
                    if kind == HEADERS {
                        asked.fetch_add(1, Ordering::SeqCst);
                    }
                });
            });
            carry(&store, client, |_| ());
        });
        Self {
            url,
            requests,
            connections,
        }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Requests since this was asked last.
    pub(crate) fn requests(&self) -> usize {
        self.requests.swap(0, Ordering::SeqCst)
    }

    pub(crate) fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

const HEADERS: u8 = 1;

/// Frames of HTTP/2 (RFC 9113, section 4.1) in what is read piece by piece.
struct Frames {
    /// Bytes that belong to no header.
    skip: usize,
    header: Vec<u8>,
}

impl Frames {
    fn after(skip: usize) -> Self {
        Self {
            skip,
            header: Vec::new(),
        }
    }

    /// The kind of each frame that begins here.
    fn read(&mut self, bytes: &[u8], mut frame: impl FnMut(u8)) {
        for byte in bytes {
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            self.header.push(*byte);
            if let [a, b, c, kind, _, _, _, _, _] = self.header.as_slice() {
                self.skip = u32::from_be_bytes([0, *a, *b, *c]) as usize;
                frame(*kind);
                self.header.clear();
            }
        }
    }
}
