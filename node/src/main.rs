//! The `salotto` binary.

use std::process::ExitCode;

fn main() -> ExitCode {
    salotto::main()
}
