//! Builds the node again when the web part that it embeds was built again.

const WEB_BUILD: &str = "../web/dist";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads the files when asked, but only of a folder that was there when it was
    // made. Git ignores the folder; a read-only tree does without.
    let _ = std::fs::create_dir_all(WEB_BUILD);
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed={WEB_BUILD}");
    }
}
