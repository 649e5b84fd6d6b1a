//! `/oauth2`: servers and services learn here whose browser they talk to.

mod authorize;
mod token;

pub use authorize::{authorize, authorize_docs, authorize_page, authorize_page_docs};
pub use token::{token, token_docs};
