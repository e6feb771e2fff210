//! A store that is slow: everything that it says arrives so much later, in its order.

use std::io::{Read as _, Write as _};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::mpsc;
use std::time::{Duration, Instant};

/// An address whose answers are those of `store`, late. It listens as long as this program runs.
pub(crate) fn late(store: &str, by: Duration) -> String {
    let store = store.rsplit('/').next().unwrap().to_owned();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for client in listener.incoming().flatten() {
            if let Ok(store) = TcpStream::connect(&store) {
                pass(&client, &store, by);
            }
        }
    });
    address
}

fn pass(client: &TcpStream, store: &TcpStream, by: Duration) {
    let (mut asks, mut to_store) = (client.try_clone().unwrap(), store.try_clone().unwrap());
    std::thread::spawn(move || {
        let _ = std::io::copy(&mut asks, &mut to_store);
        let _ = to_store.shutdown(Shutdown::Both);
    });
    let (late, arrived) = mpsc::channel::<(Instant, Vec<u8>)>();
    let mut says = store.try_clone().unwrap();
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
    let mut to_client = client.try_clone().unwrap();
    std::thread::spawn(move || {
        for (due, said) in arrived {
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
            if to_client.write_all(&said).is_err() {
                break;
            }
        }
        let _ = to_client.shutdown(Shutdown::Both);
    });
}
