//! For tests: the shared data folder, which holds recordings that the project may read but not carry.

use std::path::{Path, PathBuf};

/// A file of the shared data folder, or `None` with a printed reason: then the test that wanted it is skipped.
pub(crate) fn file(name: &str) -> Option<PathBuf> {
    let crate_root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let repository = crate_root.ancestors().nth(2).unwrap_or(crate_root);
    let roots = [
        std::env::var_os("NANOTICK_SHARED").map(PathBuf::from),
        Some(repository.join("../shared")),
        Some(repository.join("../../shared")),
    ];
    let found =
        roots.into_iter().flatten().map(|root| root.join("data").join(name)).find(|path| path.exists());
    if found.is_none() {
        println!("skipped: {name} is not in the shared data folder (set NANOTICK_SHARED)");
    }
    found
}

/// As [`file`], as text.
pub(crate) fn text(name: &str) -> Option<String> {
    file(name).map(|path| std::fs::read_to_string(path).expect("a readable shared file"))
}
