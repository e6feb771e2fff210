//! Reading in turns and parsing on all cores, in the order in which the reports stand: a core looks at what it
//! has just read, while that is in its cache.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::sync_channel;
use std::sync::{Mutex, PoisonError};
use std::thread;

use super::split::{self, Splitter};
use crate::input::Input;

/// Some documents of one file, for a worker.
#[derive(Default)]
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
        let text = simdutf8::basic::from_utf8(&self.inner.bytes).ok();
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
    let (done, results) = sync_channel::<(u64, Event<T>)>(workers * 2);
    let reading = Mutex::new(Reading::new(files, &look));
    let stopped = AtomicBool::new(false);
    thread::scope(|scope| {
        for _ in 0..workers {
            let (done, reading, work, stopped) = (done.clone(), &reading, &work, &stopped);
            scope.spawn(move || {
                let mut part = Part::default();
                while !stopped.load(Ordering::Relaxed) {
                    let step = lock(reading).next(&mut part);
                    let Some((number, step)) = step else {
                        break;
                    };
                    let event = match step {
                        Step::Part => Event::Done(work(&part)),
                        Step::Failed { file, line, why } => Event::Failed { file, line, why },
                    };
                    if done.send((number, event)).is_err() {
                        break;
                    }
                }
            });
        }
        drop(done);
        let (mut expected, mut early) = (0, BTreeMap::new());
        for (number, event) in results {
            early.insert(number, event);
            while let Some(event) = early.remove(&expected) {
                expected += 1;
                if let Err(error) = take(event) {
                    stopped.store(true, Ordering::Relaxed);
                    return Err(error);
                }
            }
        }
        Ok(())
    })
}

/// Nothing is half-done while a lock is held.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

enum Step {
    /// There is another part.
    Part,
    Failed {
        file: u32,
        line: u64,
        why: String,
    },
}

/// How far the files are read.
struct Reading<'a, L> {
    files: std::iter::Zip<std::ops::RangeFrom<u32>, std::slice::Iter<'a, PathBuf>>,
    look: &'a L,
    open: Option<(u32, Splitter<Box<dyn BufRead + Send>>)>,
    /// The number of the next step.
    next: u64,
}

impl<'a, L: Fn(Input) -> Input> Reading<'a, L> {
    fn new(files: &'a [PathBuf], look: &'a L) -> Self {
        Self {
            files: (0..).zip(files),
            look,
            open: None,
            next: 0,
        }
    }

    /// The next step with its number; a part goes into the memory of one that is done with.
    fn next(&mut self, part: &mut Part) -> Option<(u64, Step)> {
        let step = self.step(part)?;
        self.next += 1;
        Some((self.next - 1, step))
    }

    fn step(&mut self, part: &mut Part) -> Option<Step> {
        loop {
            if let Some((file, splitter)) = &mut self.open {
                let file = *file;
                match splitter.next(&mut part.inner) {
                    Ok(true) => {
                        part.file = file;
                        return Some(Step::Part);
                    }
                    Ok(false) => self.open = None,
                    Err((line, error)) => {
                        self.open = None;
                        let why = error.to_string();
                        return Some(Step::Failed { file, line, why });
                    }
                }
            }
            let (file, path) = self.files.next()?;
            let text = match Input::open(path) {
                Ok(input) => (self.look)(input).text().map_err(|error| error.to_string()),
                Err(error) => Err(error.why),
            };
            match text {
                Ok(text) => self.open = Some((file, Splitter::new(text))),
                Err(why) => {
                    let line = 0;
                    return Some(Step::Failed { file, line, why });
                }
            }
        }
    }
}
