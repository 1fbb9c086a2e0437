//! Runs a venue server with the JSON configuration given as the only argument; prints its ready line.

use nanotick_runtime::venue::{serve, VenueConfig};
use std::process::ExitCode;

fn main() -> ExitCode {
    let json = std::env::args().nth(1).unwrap_or_default();
    let result =
        VenueConfig::from_json(json.as_bytes()).and_then(|config| serve(config, |ready| println!("{ready}")));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::from(error.exit_code)
        }
    }
}
