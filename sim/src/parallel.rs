//! The host's threads: many independent runs over its cores with results in order, and what threads share.

use crossbeam::channel;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

pub fn threads(asked: Option<usize>) -> usize {
    asked.unwrap_or_else(|| std::thread::available_parallelism().map_or(1, |cores| cores.get())).max(1)
}

/// Of what stays whole whoever panics while he has it: the others go on.
pub fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Calls `work` for every item on up to `threads` threads, and `done` for every result with its item's place: on this
/// thread, in the order of the items, as soon as it and all before it are there.
pub fn each<T: Sync, R: Send>(
    items: &[T],
    threads: usize,
    work: impl Fn(&T) -> R + Sync,
    mut done: impl FnMut(usize, R),
) {
    let next = AtomicUsize::new(0);
    let (send, receive) = channel::unbounded();
    let scope = crossbeam::thread::scope(|scope| {
        for _ in 0..threads.min(items.len()) {
            let (send, next, work) = (send.clone(), &next, &work);
            scope.spawn(move |_| {
                while let Some((index, item)) = {
                    let index = next.fetch_add(1, Ordering::Relaxed);
                    items.get(index).map(|item| (index, item))
                } {
                    if send.send((index, work(item))).is_err() {
                        return;
                    }
                }
            });
        }
        drop(send);
        let mut early: Vec<Option<R>> = items.iter().map(|_| None).collect();
        let mut turn = 0;
        for (index, result) in receive {
            early[index] = Some(result);
            while let Some(result) = early.get_mut(turn).and_then(Option::take) {
                done(turn, result);
                turn += 1;
            }
        }
    });
    if let Err(panic) = scope {
        std::panic::resume_unwind(panic);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_come_in_order_whoever_is_faster() {
        let items: Vec<u64> = (0..40).collect();
        let mut seen = Vec::new();
        each(
            &items,
            4,
            |&item| {
                std::thread::sleep(std::time::Duration::from_micros((40 - item) * 50));
                item * 2
            },
            |place, result| seen.push((items[place], result)),
        );
        assert_eq!(seen, items.iter().map(|&item| (item, item * 2)).collect::<Vec<_>>());
    }
}
