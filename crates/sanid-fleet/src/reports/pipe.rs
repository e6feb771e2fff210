//! Reading on one core, parsing on all of them, in the order in which the reports stand.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::split::{self, split};
use crate::input::Input;

/// Some documents of one file, for a worker.
pub(crate) struct Part {
    /// The number of the file.
    pub(crate) file: u32,
    inner: split::Part,
}

/// How far reading is.
pub(crate) enum Event<T> {
    /// What a worker made of a part.
    Done(T),
    /// A file, or the rest of it, cannot be read.
    Failed {
        /// The number of the file.
        file: u32,
        /// The line that was reached; 0 where it could not be opened.
        line: u64,
        /// Why.
        why: String,
    },
}

impl Part {
    /// Every document with its line; an error is what stands there instead.
    pub(crate) fn each(&self, mut take: impl FnMut(u64, Result<&str, &str>)) {
        for (line, why) in &self.inner.bad {
            take(*line, Err(why));
        }
        // One look at all the bytes is faster than one at every line.
        let text = std::str::from_utf8(&self.inner.bytes).ok();
        let document = |begin: usize, end: usize| match text {
            Some(text) => text.get(begin..end),
            None => std::str::from_utf8(self.inner.bytes.get(begin..end)?).ok(),
        };
        let document = |begin, end| document(begin, end).ok_or("it is no UTF-8");
        if let Some(documents) = &self.inner.documents {
            for &(begin, end, line) in documents {
                take(line, document(begin, end));
            }
            return;
        }
        let (mut begin, mut line) = (0, self.inner.line);
        let bytes = &self.inner.bytes;
        for end in memchr::memchr_iter(b'\n', bytes).chain([bytes.len()]) {
            let blank = bytes
                .get(begin..end)
                .is_none_or(|line| line.trim_ascii().is_empty());
            if !blank {
                take(line, document(begin, end));
            }
            begin = end + 1;
            line += 1;
        }
    }
}

/// Reads files one after the other, has `work` look at their parts on all cores, and hands what it made to
/// `take` in order. `take` gives an error to stop. `look` sees every input before it is read.
///
/// # Errors
/// What `take` gives.
pub(crate) fn pipe<T: Send, E>(
    files: &[PathBuf],
    look: impl Fn(Input) -> Input + Sync,
    work: impl Fn(&Part) -> T + Sync,
    mut take: impl FnMut(Event<T>) -> Result<(), E>,
) -> Result<(), E> {
    let workers = thread::available_parallelism().map_or(1, usize::from);
    let (parts, to_work) = sync_channel::<(u64, Step)>(workers * 2);
    let (done, results) = sync_channel::<(u64, Event<T>)>(workers * 2);
    let to_work = Mutex::new(to_work);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        scope.spawn(|| {
            let parts = parts;
            read(files, &look, &stop, &parts);
        });
        for _ in 0..workers {
            let (done, to_work, work) = (done.clone(), &to_work, &work);
            scope.spawn(move || {
                while let Some((number, step)) = next(to_work) {
                    let event = match step {
                        Step::Part(part) => Event::Done(work(&part)),
                        Step::Failed { file, line, why } => Event::Failed { file, line, why },
                    };
                    if done.send((number, event)).is_err() {
                        break;
                    }
                }
                // Nobody takes what is made any more, and nobody is to wait for it to be taken.
                while next(to_work).is_some() {}
            });
        }
        drop(done);
        let (mut expected, mut early) = (0, BTreeMap::new());
        for (number, event) in results {
            early.insert(number, event);
            while let Some(event) = early.remove(&expected) {
                expected += 1;
                if let Err(error) = take(event) {
                    stop.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(())
    })
}

enum Step {
    Part(Part),
    Failed { file: u32, line: u64, why: String },
}

fn next(parts: &Mutex<Receiver<(u64, Step)>>) -> Option<(u64, Step)> {
    let parts = parts.lock().unwrap_or_else(PoisonError::into_inner);
    parts.recv().ok()
}

fn read(
    files: &[PathBuf],
    look: &impl Fn(Input) -> Input,
    stop: &AtomicBool,
    parts: &SyncSender<(u64, Step)>,
) {
    let mut number = 0;
    let mut send = |step| {
        number += 1;
        parts.send((number - 1, step)).is_ok() && !stop.load(Ordering::Relaxed)
    };
    for (file, path) in (0..).zip(files) {
        let text = match Input::open(path) {
            Ok(input) => look(input).text().map_err(|error| error.to_string()),
            Err(error) => Err(error.why),
        };
        let mut text = match text {
            Ok(text) => text,
            Err(why) => {
                let line = 0;
                if !send(Step::Failed { file, line, why }) {
                    return;
                }
                continue;
            }
        };
        let mut stopped = false;
        let read = split(&mut text, |inner| {
            stopped = !send(Step::Part(Part { file, inner }));
            !stopped
        });
        if let Err((line, error)) = read {
            let why = error.to_string();
            stopped = !send(Step::Failed { file, line, why });
        }
        if stopped {
            return;
        }
    }
}
