//! The `salotto-sabotaged` binary: the same program, built with the feature `sabotage`.

use std::process::ExitCode;

fn main() -> ExitCode {
    salotto::main()
}
