//! Sections: one struct per configurable class, one field per trait.

use crate::class::ClassInfo;
use crate::error::ConfigError;
use crate::values::Values;

/// A struct whose fields are the traits of one class.
pub trait Section: Sized {
    /// The class that the struct stands for.
    fn class() -> &'static ClassInfo;

    /// Reads every field; inherited ones come first.
    ///
    /// # Errors
    /// The first value that does not fit its trait.
    fn read(values: &Values<'_>) -> Result<Self, ConfigError>;
}

/// Declares a section: struct, reader and the class's row in the registry.
///
/// Each field reads `name: RustType = kind, default, Status;` after its doc comment, which is
/// also the help text of the generated pages. `redefines` lists traits of an ancestor that have
/// another default here. `Debug` never shows values, since some of them are secrets.
macro_rules! section {
    ($(#[doc = $doc:literal])* $name:ident = $class:literal in $module:literal extends $parent:ident;
     fields { $($fields:tt)* } redefines { $($redefined:tt)* }) => {
        $crate::section::section!(@info [$($doc)*] $name $class $module [<$parent as $crate::section::Section>::class]
            { $($fields)* } { $($redefined)* });
        $crate::section::section!(@derived [$($doc)*] $name $parent { $($fields)* });
    };
    ($(#[doc = $doc:literal])* $name:ident = $class:literal in $module:literal root $root:ident;
     fields { $($fields:tt)* } redefines { $($redefined:tt)* }) => {
        $crate::section::section!(@info [$($doc)*] $name $class $module [|| &$crate::class::$root]
            { $($fields)* } { $($redefined)* });
        $crate::section::section!(@root [$($doc)*] $name { $($fields)* });
    };
    (@info [$($doc:literal)*] $name:ident $class:literal $module:literal [$parent:expr]
     { $($(#[doc = $fdoc:literal])* $field:ident: $type:ty = $kind:expr, $default:expr, $status:ident $(($note:literal))?;)* }
     { $($(#[doc = $rdoc:literal])* $rname:ident = $rkind:expr, $rdefault:expr, $rstatus:ident $(($rnote:literal))?;)* }) => {
        impl $name {
            fn class_info() -> &'static $crate::class::ClassInfo {
                static INFO: $crate::class::ClassInfo = $crate::class::ClassInfo {
                    name: $class,
                    module: $module,
                    parent: Some($parent),
                    help: concat!($($doc, "\n"),*),
                    traits: &[
                        $($crate::class::TraitInfo {
                            name: stringify!($field),
                            kind: $kind,
                            default: $default,
                            status: $crate::class::Status::$status $(($note))?,
                            help: concat!($($fdoc, "\n"),*),
                        },)*
                        $($crate::class::TraitInfo {
                            name: stringify!($rname),
                            kind: $rkind,
                            default: $rdefault,
                            status: $crate::class::Status::$rstatus $(($rnote))?,
                            help: concat!($($rdoc, "\n"),*),
                        },)*
                    ],
                };
                &INFO
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }
    };
    (@derived [$($doc:literal)*] $name:ident $parent:ident
     { $($(#[doc = $fdoc:literal])* $field:ident: $type:ty = $kind:expr, $default:expr, $status:ident $(($note:literal))?;)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone)]
        pub struct $name {
            /// The inherited values, also reached through `Deref`.
            pub base: $parent,
            $($(#[doc = $fdoc])* pub $field: $type,)*
        }

        impl std::ops::Deref for $name {
            type Target = $parent;

            fn deref(&self) -> &$parent {
                &self.base
            }
        }

        impl $crate::section::Section for $name {
            fn class() -> &'static $crate::class::ClassInfo {
                Self::class_info()
            }

            fn read(values: &$crate::values::Values<'_>) -> Result<Self, $crate::error::ConfigError> {
                Ok(Self {
                    base: <$parent as $crate::section::Section>::read(values)?,
                    $($field: values.get(stringify!($field))?,)*
                })
            }
        }
    };
    (@root [$($doc:literal)*] $name:ident
     { $($(#[doc = $fdoc:literal])* $field:ident: $type:ty = $kind:expr, $default:expr, $status:ident $(($note:literal))?;)* }) => {
        $(#[doc = $doc])*
        #[derive(Clone)]
        pub struct $name {
            $($(#[doc = $fdoc])* pub $field: $type,)*
        }

        impl $crate::section::Section for $name {
            fn class() -> &'static $crate::class::ClassInfo {
                Self::class_info()
            }

            fn read(values: &$crate::values::Values<'_>) -> Result<Self, $crate::error::ConfigError> {
                Ok(Self { $($field: values.get(stringify!($field))?,)* })
            }
        }
    };
}

pub(crate) use section;
