//! `/oauth2`: servers and services learn here whose browser they talk to.

mod authorize;
mod token;

pub use authorize::{authorize, authorize_page};
pub use token::token;
