//! The shape of a list of stable codes, so that a rule and an issue are each
//! written down once: variant, code, text and source side by side.

/// Declares an enumeration whose variants carry a code and texts.
macro_rules! catalogue {
    (
        $(#[$meta:meta])*
        pub enum $name:ident {
            $(
                $(#[$variant_meta:meta])*
                $variant:ident => $code:literal, $explanation:literal $(, $cites:literal)?;
            )*
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $($(#[$variant_meta])* #[doc = concat!("`", $code, "`: ", $explanation)] $variant,)*
        }

        impl $name {
            /// Every variant, in the order in which they are documented.
            ///
            /// For tables, completions and tests that must not forget one.
            ///
            /// ```
            #[doc = concat!("use sanid_core::", stringify!($name), ";")]
            #[doc = ""]
            #[doc = concat!("let mut codes = ", stringify!($name), "::ALL.iter().map(|it| it.code());")]
            /// assert!(codes.all(|code| code.chars().all(|c| c == '-' || c.is_ascii_alphanumeric())));
            /// ```
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name for programs: lower-case words joined by
            /// hyphens, the same in every release.
            ///
            /// ```
            #[doc = concat!("use sanid_core::", stringify!($name), ";")]
            #[doc = ""]
            #[doc = concat!("assert!(!", stringify!($name), "::ALL[0].code().is_empty());")]
            /// ```
            pub const fn code(self) -> &'static str {
                match self {
                    $(Self::$variant => $code,)*
                }
            }

            /// One sentence for people, without the offending text.
            ///
            /// ```
            #[doc = concat!("use sanid_core::", stringify!($name), ";")]
            #[doc = ""]
            #[doc = concat!("assert!(", stringify!($name), "::ALL[0].explanation().ends_with('.'));")]
            /// ```
            pub const fn explanation(self) -> &'static str {
                match self {
                    $(Self::$variant => $explanation,)*
                }
            }

            catalogue!(@cites $($variant $($cites)?;)*);
        }
    };
    (@cites $($variant:ident $cites:literal;)+) => {
        /// The section of the standard, or the program, that makes this a rule.
        ///
        /// ```
        /// use sanid_core::Rule;
        ///
        /// assert_eq!(Rule::EuiForm.cites(), "RFC 7143 section 4.2.7.5");
        /// ```
        pub const fn cites(self) -> &'static str {
            match self {
                $(Self::$variant => $cites,)*
            }
        }
    };
    (@cites $($variant:ident;)+) => {};
}
pub(super) use catalogue;
