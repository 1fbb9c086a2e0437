//! What an I/O thread does when no socket has anything: spin, sleep, or spin for a while and then sleep.

use crate::clock;
use crate::transport::timespec;
pub use rustix::event::{PollFd, PollFlags};
use std::io::{self, Read, Write};
use std::os::fd::{AsFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::time::Duration;

/// A sleeping thread costs 20 to 50 µs to wake; a spinning one costs a CPU.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum WaitMode {
    /// Never sleep. For a pinned thread on a core of its own.
    Spin,
    /// Sleep once nothing has come for so long.
    Adaptive(Duration),
    /// Sleep at once.
    Block,
}

/// One I/O thread's waiting. The loop is: look at every socket; if none had anything, [`Waiter::idle`], else
/// [`Waiter::busy`].
pub struct Waiter {
    mode: WaitMode,
    spin_ticks: u64,
    idle_since: Option<u64>,
}

impl Waiter {
    pub fn new(mode: WaitMode) -> Waiter {
        let spin_ticks = match mode {
            WaitMode::Adaptive(spin) => clock::ticks_in(spin),
            _ => 0,
        };
        Waiter { mode, spin_ticks, idle_since: None }
    }

    #[inline(always)]
    pub fn busy(&mut self) {
        self.idle_since = None;
    }

    /// Returns at once while spinning; otherwise when a descriptor is ready or `timeout` has passed.
    #[inline(always)]
    pub fn idle(&mut self, fds: &mut [PollFd<'_>], timeout: Duration) -> io::Result<()> {
        match self.mode {
            WaitMode::Spin => Ok(()),
            WaitMode::Adaptive(_) => {
                let now = clock::stamp();
                let since = *self.idle_since.get_or_insert(now);
                if now.wrapping_sub(since) < self.spin_ticks {
                    return Ok(());
                }
                sleep(fds, timeout)
            }
            WaitMode::Block => sleep(fds, timeout),
        }
    }
}

fn sleep(fds: &mut [PollFd<'_>], timeout: Duration) -> io::Result<()> {
    match rustix::event::poll(fds, Some(&timespec(timeout))) {
        Ok(_) | Err(rustix::io::Errno::INTR) => Ok(()),
        Err(e) => Err(e.into()),
    }
}

/// A descriptor to wait on beside the sockets, so that other threads can end the sleep.
pub struct WakeUps(UnixStream);

/// The other end; clones go to the threads that deliver something.
#[derive(Clone)]
pub struct Waker(Arc<UnixStream>);

/// A connected pair.
pub fn waker() -> io::Result<(Waker, WakeUps)> {
    let (theirs, ours) = UnixStream::pair()?;
    theirs.set_nonblocking(true)?;
    ours.set_nonblocking(true)?;
    Ok((Waker(Arc::new(theirs)), WakeUps(ours)))
}

impl Waker {
    /// Ends the present or the next sleep. Never blocks: if the pipe is full, a wake-up is pending anyway.
    pub fn wake(&self) {
        let _ = (&*self.0).write(&[1]);
    }
}

impl WakeUps {
    /// Forgets pending wake-ups. Call it after a sleep, then look at what the other threads delivered.
    pub fn clear(&self) {
        let mut bytes = [0; 64];
        while matches!((&self.0).read(&mut bytes), Ok(n) if n == bytes.len()) {}
    }
}

impl AsFd for WakeUps {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn each_mode_sleeps_when_it_should() {
        let (_waker, wake_ups) = waker().unwrap();
        let idle_for = |waiter: &mut Waiter| {
            let begun = Instant::now();
            waiter.idle(&mut [PollFd::new(&wake_ups, PollFlags::IN)], Duration::from_millis(30)).unwrap();
            begun.elapsed() >= Duration::from_millis(30)
        };
        let mut spin = Waiter::new(WaitMode::Spin);
        assert!(!idle_for(&mut spin));
        assert!(idle_for(&mut Waiter::new(WaitMode::Block)));
        let mut adaptive = Waiter::new(WaitMode::Adaptive(Duration::from_millis(20)));
        assert!(!idle_for(&mut adaptive), "it begins by spinning");
        std::thread::sleep(Duration::from_millis(25));
        assert!(idle_for(&mut adaptive), "idle for longer than it spins");
        adaptive.busy();
        assert!(!idle_for(&mut adaptive), "work makes it spin again");
    }

    #[test]
    fn a_wake_up_ends_the_sleep_and_is_not_lost_if_it_comes_first() {
        let (waker, wake_ups) = waker().unwrap();
        let sleep_is_short = || {
            let begun = Instant::now();
            Waiter::new(WaitMode::Block)
                .idle(&mut [PollFd::new(&wake_ups, PollFlags::IN)], Duration::from_secs(20))
                .unwrap();
            wake_ups.clear();
            assert!(begun.elapsed() < Duration::from_secs(10));
        };
        for _ in 0..200 {
            waker.wake();
        }
        sleep_is_short();
        let other = waker.clone();
        let thread = std::thread::spawn(move || {
            std::thread::sleep(Duration::from_millis(20));
            other.wake();
        });
        sleep_is_short();
        thread.join().unwrap();
        let mut fds = [PollFd::new(&wake_ups, PollFlags::IN)];
        assert_eq!(rustix::event::poll(&mut fds, Some(&timespec(Duration::ZERO))).unwrap(), 0);
    }
}
