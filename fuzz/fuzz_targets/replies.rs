//! NX-API's replies in its three dialects.
#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| vmtracker_core::fuzz::replies(data));
