//! Builds the node again when the web part that it embeds was built again.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    // A debug build reads the files when asked and embeds nothing.
    if std::env::var("PROFILE").is_ok_and(|profile| profile == "release") {
        println!("cargo::rerun-if-changed=../web/dist");
    }
}
