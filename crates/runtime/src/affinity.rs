//! Where a thread runs and what stays in memory: CPU pinning and page locking, for latency that does not wander.

use std::io;

/// The CPUs that this thread may run on, ascending.
#[cfg(target_os = "linux")]
pub fn allowed_cpus() -> io::Result<Vec<usize>> {
    let set = rustix::thread::sched_getaffinity(None)?;
    Ok((0..rustix::thread::CpuSet::MAX_CPU).filter(|&cpu| set.is_set(cpu)).collect())
}

/// Binds the calling thread to one CPU.
#[cfg(target_os = "linux")]
pub fn pin_to(cpu: usize) -> io::Result<()> {
    allow(&[cpu])
}

/// Lets the calling thread run on these CPUs and no others.
#[cfg(target_os = "linux")]
pub fn allow(cpus: &[usize]) -> io::Result<()> {
    use rustix::thread::CpuSet;
    let mut set = CpuSet::new();
    for &cpu in cpus {
        if cpu >= CpuSet::MAX_CPU {
            return Err(no_such_cpu(cpu));
        }
        set.set(cpu);
    }
    rustix::thread::sched_setaffinity(None, &set).map_err(|e| match (e, cpus) {
        (rustix::io::Errno::INVAL, &[cpu, ..]) => no_such_cpu(cpu),
        (other, _) => other.into(),
    })
}

#[cfg(target_os = "linux")]
fn no_such_cpu(cpu: usize) -> io::Error {
    let allowed = allowed_cpus().unwrap_or_default();
    io::Error::new(
        io::ErrorKind::InvalidInput,
        format!("CPU {cpu} is not one that this process may use\nhint: it may use {allowed:?}"),
    )
}

/// Keeps all present and future pages of the process in memory. Needs a sufficient `RLIMIT_MEMLOCK`.
#[cfg(target_os = "linux")]
pub fn lock_memory() -> io::Result<()> {
    use rustix::mm::{mlockall, MlockAllFlags};
    mlockall(MlockAllFlags::CURRENT | MlockAllFlags::FUTURE).map_err(|e| {
        io::Error::new(
            io::Error::from(e).kind(),
            format!(
                "pages cannot be locked in memory: {e}\nhint: raise the limit with `ulimit -l unlimited`"
            ),
        )
    })
}

#[cfg(not(target_os = "linux"))]
mod elsewhere {
    use std::io;

    /// The CPUs that this thread may run on, ascending.
    pub fn allowed_cpus() -> io::Result<Vec<usize>> {
        Ok((0..std::thread::available_parallelism()?.get()).collect())
    }
    /// Not offered by this system.
    pub fn pin_to(_cpu: usize) -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "threads can be pinned on Linux only"))
    }
    /// Not offered by this system.
    pub fn allow(_cpus: &[usize]) -> io::Result<()> {
        pin_to(0)
    }
    /// Not offered by this system.
    pub fn lock_memory() -> io::Result<()> {
        Err(io::Error::new(io::ErrorKind::Unsupported, "memory can be locked on Linux only"))
    }
}
#[cfg(not(target_os = "linux"))]
pub use elsewhere::{allow, allowed_cpus, lock_memory, pin_to};

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    #[test]
    fn a_pinned_thread_has_one_cpu_and_others_keep_theirs() {
        let before = allowed_cpus().unwrap();
        let last = *before.last().unwrap();
        std::thread::spawn(move || {
            pin_to(last).unwrap();
            assert_eq!(allowed_cpus().unwrap(), vec![last]);
        })
        .join()
        .unwrap();
        assert_eq!(allowed_cpus().unwrap(), before);
    }

    #[test]
    fn a_cpu_that_does_not_exist_is_refused_with_the_ones_that_do() {
        for cpu in [1000, usize::MAX] {
            let said = pin_to(cpu).unwrap_err().to_string();
            assert!(said.contains(&format!("CPU {cpu}")) && said.contains("hint: it may use [0"), "{said}");
        }
    }
}
