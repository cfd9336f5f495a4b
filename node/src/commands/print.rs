//! `salotto print-config`: every setting in force and where it comes from.

use crate::config::{self, Config};

pub(crate) fn print_config(config: &Config) -> String {
    config::print(config)
}
