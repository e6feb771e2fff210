//! Hosts of files, and what each reader makes of them.
