//! The simulator as VMware wrote it: no cables, no versions, no pages, and a crash where a VM goes too fast.
