//! A whole hub inside a test: in-memory database, a login that takes one password, servers that are
//! tasks, and requests that need no socket.

#![expect(clippy::expect_used, reason = "what cannot be set up fails the test")]

mod authenticator;
mod events;
mod hub;
mod request;
mod spawner;

pub use authenticator::PASSWORD;
pub use events::RecordedEvents;
pub use hub::{TestHub, TestHubBuilder};
pub use request::{Answer, TestRequest};
pub use spawner::{Behaviour, FakeSpawner};
