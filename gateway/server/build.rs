//! The program is position-independent, as it must be, and has some forty thousand addresses to be put right when it starts. Packed (RELR, glibc
//! 2.36 and later) they take a few kilobytes instead of one megabyte.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let of_target = |what: &str| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if of_target("OS") == "linux" && of_target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-Wl,-z,pack-relative-relocs");
    }
}
