//! Everything from outside but `faults` and `mutations`, which want the machine to themselves. One
//! program: what they share is compiled and linked once.

mod access;
mod bad_lines;
mod burst;
mod capacity;
mod chart;
mod clocks;
mod crashes;
mod dashboards;
mod documented;
mod drain;
mod floods;
mod hostile;
mod idle_agents;
mod link;
mod mail;
mod missed;
mod postgres;
mod promises;
mod queue;
mod repeats;
mod rest_in_trouble;
mod resume;
mod rolling;
mod routing;
mod schedules;
mod sessions;
mod settings;
mod spec_status;
mod spoiled_lines;
mod store_commands;
mod storms;
mod talk;
mod team_day;
mod tidy;
