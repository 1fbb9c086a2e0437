//! The floor: bare loopback TCP between two processes, 300 bytes each way. `cargo run --release --example pingpong`

use nanotick_runtime::bench::{floor_tcp, run_peer, Mode, Peer, Setup};
use std::process::Command;

fn main() -> std::io::Result<()> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    if !args.is_empty() {
        return run_peer(&args);
    }
    for mode in [Mode::Spin, Mode::Block] {
        let peer = Peer::Process(Command::new(std::env::current_exe()?));
        println!("{mode:?}: {:?}", floor_tcp(Setup::new(mode), 300, peer)?);
    }
    Ok(())
}
