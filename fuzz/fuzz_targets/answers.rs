//! The parsers of what a switch prints, and the disguise of it.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| vmtracker_core::fuzz::answers(data));
