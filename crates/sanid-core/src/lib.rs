//! Names and derivation.
#![no_std]
