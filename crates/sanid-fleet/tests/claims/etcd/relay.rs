//! Between a client and its store: one that is late, one that counts, and one that closes connections.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc;
use std::sync::{Arc, Condvar, Mutex};
use std::time::{Duration, Instant};

use crate::support::PATIENCE;

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

/// A relay that counts round trips: requests that were sent before an answer to one of them had arrived are one.
///
/// To count alike however busy the machine is, it holds back the answers until all requests of a round trip are
/// there.
pub(crate) struct Counted {
    url: String,
    counts: Arc<(Mutex<Counts>, Condvar)>,
}

#[derive(Default)]
struct Counts {
    connections: usize,
    round_trips: usize,
    /// Requests of the round trip of now, and how many there have to be.
    asked: usize,
    together: usize,
    /// The first stream of it.
    first: u32,
    answered: bool,
}

impl Counted {
    pub(crate) fn new(store: &str) -> Self {
        let counts = Arc::new((Mutex::new(Counts::default()), Condvar::new()));
        let shared = Arc::clone(&counts);
        let url = listen(store, move |client, store| {
            shared.0.lock().unwrap().connections += 1;
            let store = TcpStream::connect(store).unwrap();
            let (asks, says) = (Arc::clone(&shared), Arc::clone(&shared));
            // The client begins with this.
            let mut frames = Frames::after("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".len());
            carry(client, &store, move |bytes| {
                frames.read(bytes, |kind, stream| asked(&asks, kind, stream));
            });
            let mut frames = Frames::after(0);
            carry(&store, client, move |bytes| {
                frames.read(bytes, |kind, stream| answered(&says, kind, stream));
            });
        });
        Self { url, counts }
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }

    /// Begins to count; `requests` belong to one round trip.
    pub(crate) fn count(&self, together: usize) {
        let mut counts = self.counts.0.lock().unwrap();
        *counts = Counts {
            connections: counts.connections,
            together,
            answered: true,
            ..Counts::default()
        };
    }

    pub(crate) fn round_trips(&self) -> usize {
        self.counts.0.lock().unwrap().round_trips
    }

    pub(crate) fn connections(&self) -> usize {
        self.counts.0.lock().unwrap().connections
    }
}

const DATA: u8 = 0;
const HEADERS: u8 = 1;

/// A request begins with its headers.
fn asked(counts: &(Mutex<Counts>, Condvar), kind: u8, stream: u32) {
    if kind != HEADERS {
        return;
    }
    let mut now = counts.0.lock().unwrap();
    if now.answered {
        now.answered = false;
        now.round_trips += 1;
        (now.first, now.asked) = (stream, 0);
    }
    now.asked += 1;
    counts.1.notify_all();
}

fn answered(counts: &(Mutex<Counts>, Condvar), kind: u8, stream: u32) {
    let mut now = counts.0.lock().unwrap();
    if !matches!(kind, DATA | HEADERS) || stream < now.first {
        return;
    }
    // Where they never come one after the other is asked, which shows in the count.
    let few = |now: &mut Counts| now.asked < now.together;
    now = counts.1.wait_timeout_while(now, PATIENCE, few).unwrap().0;
    now.answered = true;
}

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

    /// The kind and the stream of each frame that begins here.
    fn read(&mut self, bytes: &[u8], mut frame: impl FnMut(u8, u32)) {
        for byte in bytes {
            if self.skip > 0 {
                self.skip -= 1;
                continue;
            }
            self.header.push(*byte);
            if let [a, b, c, kind, _, stream @ ..] = self.header.as_slice() {
                if let Ok(stream) = <[u8; 4]>::try_from(stream) {
                    self.skip = u32::from_be_bytes([0, *a, *b, *c]) as usize;
                    frame(*kind, u32::from_be_bytes(stream) & 0x7fff_ffff);
                    self.header.clear();
                }
            }
        }
    }
}
