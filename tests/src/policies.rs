//! The policy folder of one gateway.

use std::fs;
use std::path::{Path, PathBuf};

/// Where a preset of the project lies.
pub fn preset_folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../policies/presets")
        .join(name)
}

/// Copies a preset into `folder`, its tests too.
pub fn copy_preset(name: &str, folder: &Path) {
    fs::create_dir_all(folder).unwrap();
    let preset = preset_folder(name);
    let files = fs::read_dir(&preset).unwrap_or_else(|error| panic!("no preset {}: {error}", preset.display()));
    for file in files {
        let file = file.unwrap();
        fs::copy(file.path(), folder.join(file.file_name())).unwrap();
    }
}

/// A set of one file with one policy for every route, of this surface, or of a list of them as TOML writes it; everything else is the preset `generic`'s, so that surfaces can be
/// compared. `more` is TOML that follows.
pub fn like_generic(surface: &str, more: &str) -> String {
    let file = preset_folder("generic").join("generic.toml");
    let generic = fs::read_to_string(&file).unwrap_or_else(|error| panic!("no {}: {error}", file.display()));
    let wanted = "surface = \"text\"";
    assert!(generic.contains(wanted), "the preset generic has another surface now");
    let written = if surface.starts_with('[') {
        surface.to_owned()
    } else {
        format!("\"{surface}\"")
    };
    generic.replace(wanted, &format!("surface = {written}")) + more
}

/// As the preset `generic`, with self-service whose limits no story meets by accident and whose new passwords need eight characters. `more` is TOML that
/// follows.
pub fn with_self_service(more: &str) -> String {
    let roomy = "
[[self_service]]
route = \"*\"
limits = { per_name = 1000, per_network = 10000, per_mailbox = 1000, resets = 100, unlocks = 100 }
password = { shortest = 8 }
";
    like_generic("text", &format!("{more}\n{roomy}"))
}
