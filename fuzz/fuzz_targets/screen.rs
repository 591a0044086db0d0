//! What an SSH terminal sends.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| vmtracker_core::fuzz::screen(data));
