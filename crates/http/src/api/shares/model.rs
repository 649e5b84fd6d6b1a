//! Shares and codes as the REST API shows them.

use perijove_core::Hub;
use perijove_core::shares::NewShareCode;
use perijove_core::urls::with_query;
use perijove_model::api::{NameModel, ShareCodeModel, ShareModel, SharedServerModel, Timestamp};
use perijove_model::{ServerName, UserName};
use perijove_store::{ShareCodeDetails, ShareDetails};
use secrecy::ExposeSecret;

/// A share.
pub fn share(hub: &Hub, found: ShareDetails) -> ShareModel {
    let ShareDetails { share, owner_name, server_name, user_name, group_name } = found;
    let kind = if group_name.is_some() { "group" } else { "user" };
    ShareModel {
        server: server(hub, share.owner_id, owner_name, server_name),
        scopes: share.scopes,
        user: user_name.map(|name| NameModel { name }),
        group: group_name.map(|name| NameModel { name }),
        kind: kind.to_owned(),
        created_at: Some(Timestamp::new(share.created_at)),
    }
}

/// A code, without its value.
pub fn code(hub: &Hub, found: ShareCodeDetails) -> ShareCodeModel {
    let ShareCodeDetails { code, owner_name, server_name } = found;
    ShareCodeModel {
        server: server(hub, code.owner_id, owner_name, server_name),
        scopes: code.scopes,
        id: format!("sc_{}", code.id),
        created_at: Some(Timestamp::new(code.created_at)),
        expires_at: code.expires_at.map(Timestamp::new),
        exchange_count: code.exchange_count,
        last_exchanged_at: code.last_exchanged_at.map(Timestamp::new),
        ..ShareCodeModel::default()
    }
}

/// A code that was just made, with its value and where it is redeemed.
pub fn new_code(hub: &Hub, made: NewShareCode) -> ShareCodeModel {
    let plain = made.code.expose_secret();
    let page = format!("{}accept-share", hub.settings.hub_prefix);
    let accept_url = with_query(&page, [("code", plain)]);
    ShareCodeModel {
        full_accept_url: Some(hub.settings.public(&accept_url)),
        code: Some(plain.to_owned()),
        accept_url: Some(accept_url),
        ..code(hub, made.details)
    }
}

fn server(hub: &Hub, owner_id: Option<i64>, owner: String, name: String) -> SharedServerModel {
    let (user, server) = (UserName::from_stored(owner.clone()), ServerName::from_stored(name.clone()));
    let url = hub.settings.server_url(&user, &server);
    SharedServerModel {
        user: NameModel { name: owner },
        name,
        full_url: hub.settings.public(&url),
        url,
        ready: owner_id.is_some_and(|id| hub.server_state(id, &server).is_ready()),
    }
}
