//! Compiles only if sanid-core and everything below it need neither std nor
//! alloc: see xtask/src/nostd.rs.
#![no_std]

use sanid_core as _;

#[panic_handler]
fn panic(_: &core::panic::PanicInfo<'_>) -> ! {
    loop {}
}
