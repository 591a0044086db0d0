//! A vCenter that says anything in any order.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| vmtracker_core::fuzz::watcher(data));
