//! Reading the seed, and keeping it secret.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test that cannot go on has failed"
)]

use sanid_core::{
    AppId, DENYLISTED_UUIDS, MachineId, MachineIdError, NVME_CLI_1_APP_ID, NVME_CLI_3_APP_ID,
    SANID_FINGERPRINT_APP_ID, SANID_HARDWARE_APP_ID, SANID_V1_APP_ID, Seed, SeedFingerprint,
    SeedKind,
};
use zeroize::ZeroizeOnDrop;

const HEX: &str = "3d1219c7c4c5404aaa1f6d2a48adfda4";

fn fingerprint(text: &str) -> SeedFingerprint {
    MachineId::parse(text).unwrap().fingerprint()
}

#[test]
fn both_cases_read_as_the_same_seed() {
    assert_eq!(fingerprint(HEX), fingerprint(&HEX.to_uppercase()));
    assert_ne!(fingerprint(HEX), fingerprint(&HEX.replace('3', "4")));
}

#[test]
fn rejects_an_invalid_machine_id_with_the_reason() {
    use MachineIdError::{Empty, Length, NotHex, Uninitialized, Zero};
    for (text, error) in [
        ("", Empty),
        ("uninitialized", Uninitialized),
        ("Uninitialized", Length { found: 13 }),
        ("00000000000000000000000000000000", Zero),
        ("3d1219c7c4c5404aaa1f6d2a48adfda", Length { found: 31 }),
        ("3d1219c7c4c5404aaa1f6d2a48adfda40", Length { found: 33 }),
        ("3d1219c7-c4c5-404a-aa1f-6d2a48adfda4", Length { found: 36 }),
        ("3d1219c7c4c5404aaa1f6d2a48adfda4\n", Length { found: 33 }),
        ("3d1219c7c4c5404aaa1f6d2a48adfdag", NotHex { at: 31 }),
        ("-d1219c7c4c5404aaa1f6d2a48adfda4", NotHex { at: 0 }),
        ("3d1219c7c4c5404aaa1f6d2a48adfd\u{e4}", NotHex { at: 30 }),
    ] {
        assert_eq!(MachineId::parse(text).unwrap_err(), error, "{text:?}");
    }
}

#[test]
fn the_file_may_end_with_one_newline_and_nothing_else() {
    use MachineIdError::{Empty, Length, Uninitialized, Zero};
    for file in [HEX.to_owned(), format!("{HEX}\n")] {
        assert_eq!(
            MachineId::parse_file(file.as_bytes())
                .unwrap()
                .fingerprint(),
            fingerprint(HEX)
        );
    }
    for (file, error) in [
        ("", Empty),
        ("\n", Empty),
        ("uninitialized", Uninitialized),
        ("uninitialized\n", Uninitialized),
        ("00000000000000000000000000000000\n", Zero),
        ("3d1219c7c4c5404aaa1f6d2a48adfda4\n\n", Length { found: 33 }),
        ("3d1219c7c4c5404aaa1f6d2a48adfda4\r\n", Length { found: 33 }),
        (" 3d1219c7c4c5404aaa1f6d2a48adfda4\n", Length { found: 33 }),
        (
            "3d1219c7c4c5404aaa1f6d2a48adfda4 # mine\n",
            Length { found: 39 },
        ),
    ] {
        assert_eq!(
            MachineId::parse_file(file.as_bytes()).unwrap_err(),
            error,
            "{file:?}"
        );
    }
    let found = MachineId::parse_file(&[0xff; 32]).unwrap_err();
    assert_eq!(found, MachineIdError::NotHex { at: 0 });
}

#[test]
fn messages_are_one_line_and_tell_nothing_of_the_input() {
    let nearly = HEX.replace('7', "x");
    let messages = [&HEX[1..], &nearly, "uninitialized", ""]
        .map(|text| MachineId::parse(text).unwrap_err().to_string());
    assert_eq!(
        messages[0],
        "the machine-id is not 32 hexadecimal digits but 31 bytes"
    );
    assert_eq!(messages[1], "the machine-id is not hexadecimal, at byte 7");
    for message in messages {
        assert!(
            !message.contains("3d12") && !message.contains("fda4"),
            "{message}"
        );
        assert!(!message.contains('\n'), "{message}");
    }
}

#[test]
fn values_that_many_machines_share_are_denylisted() {
    for bytes in DENYLISTED_UUIDS {
        assert!(MachineId::from_bytes(bytes).is_denylisted());
    }
    assert!(MachineId::parse(&"f".repeat(32)).unwrap().is_denylisted());
    assert!(!MachineId::parse(HEX).unwrap().is_denylisted());
}

#[test]
fn debug_shows_nothing() {
    let seed = MachineId::parse(HEX).unwrap();
    assert_eq!(format!("{seed:?}"), "MachineId(secret)");
    assert_eq!(format!("{seed:#?}"), "MachineId(secret)");
    let seed = Seed::parse_uuid(SeedKind::SystemUuid, &[b'1'; 36]);
    assert!(seed.is_none());
    let uuid = b"3D1219C7-c4c5-404a-aa1f-6d2a48adfda4";
    let seed = Seed::parse_uuid(SeedKind::SystemUuid, uuid).unwrap();
    assert_eq!(format!("{seed:?}"), "Seed(secret)");
    assert_eq!(format!("{seed:#?}"), "Seed(secret)");
}

#[test]
fn memory_is_cleared_on_drop() {
    fn cleared<T: ZeroizeOnDrop>() {}
    cleared::<MachineId>();
    cleared::<Seed>();
}

#[test]
fn application_ids_print_as_systemd_takes_them() {
    for (app, text) in [
        (SANID_V1_APP_ID, "8b67317851694316ad1b04bec63f8907"),
        (NVME_CLI_1_APP_ID, "c7f4618112be49328c83106f9dddd86b"),
        (NVME_CLI_3_APP_ID, "853c3220ca644dada06f1dc752e32263"),
        (SANID_FINGERPRINT_APP_ID, "3cd63ef6d8c64ea69ea10a4bf03bd8f1"),
    ] {
        assert_eq!(app.to_string(), text);
        assert_eq!(AppId::from_bytes(*app.as_bytes()), app);
    }
}

#[test]
fn app_specific_ids_are_those_of_systemd() {
    // systemd-id128 machine-id --app-specific=ID, on a host with this seed.
    let seed = MachineId::parse(HEX).unwrap();
    for (app, id) in [
        (SANID_V1_APP_ID, "652f5d50a6894520b87bfe2552ef6b8b"),
        (NVME_CLI_1_APP_ID, "d425fb17c49948fba2735c5b0eb739c4"),
    ] {
        assert_eq!(seed.app_specific(&app).simple().to_string(), id);
    }
    // The vector in the unit test of nvme-cli 3.
    let seed = MachineId::parse("3d1b2f4c5e6a7b8c9d0e1f2a3b4c5d6e").unwrap();
    let app = AppId::from_bytes(0x853c_3220_ca64_4dad_a06f_1dc7_52e3_2263_u128.to_be_bytes());
    assert_eq!(
        seed.app_specific(&app).simple().to_string(),
        "122333a935f5474d9a824507e71c4fb1"
    );
}

#[test]
fn a_fingerprint_reads_back_and_nothing_else_does() {
    let text = fingerprint(HEX).to_string();
    assert_eq!(text.len(), 32);
    assert_eq!(text.parse(), Ok(fingerprint(HEX)));
    for wrong in [
        "",
        "x",
        &text[1..],
        &format!("{text}\n"),
        &text.replace(|_| true, "g"),
    ] {
        assert!(SeedFingerprint::parse(wrong).is_err(), "{wrong:?}");
    }
}

#[test]
fn the_fingerprint_is_frozen() {
    // Stored records are compared with it.
    assert_eq!(
        fingerprint(HEX).to_string(),
        "f2b49605dc714598a047e7e73909e4c7"
    );
}

/// Checked against the `hmac` crate: the digests are stored, and must be the same in every release.
#[test]
fn the_hardware_digest_is_an_hmac_of_label_and_value_of_any_length() {
    use hmac::{Hmac, KeyInit as _, Mac as _};
    let seed = MachineId::parse(HEX).unwrap();
    let key = seed.app_specific(&SANID_HARDWARE_APP_ID);
    for length in [0, 1, 15, 16, 17, 50, 51, 52, 63, 64, 65, 200] {
        let value = vec![0xa5; length];
        let mut mac = Hmac::<sha2::Sha256>::new_from_slice(key.as_bytes()).unwrap();
        mac.update(b"mac\0");
        mac.update(&value);
        let expected = &mac.finalize().into_bytes()[..16];
        assert_eq!(seed.hardware_digest("mac", &value), expected, "{length}");
    }
}
