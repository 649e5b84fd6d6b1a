//! The tables of 6.1.1's schema in an order in which they can be created, then our own.

use super::Constraint::{Foreign, PrimaryKey, Unique};
use super::OnDelete::{Cascade, SetNull};
use super::{Column, Kind, Statements, Table};

const fn id() -> Column {
    Column { name: "id", kind: Kind::Id, nullable: false }
}

const fn optional(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: true }
}

const fn required(name: &'static str, kind: Kind) -> Column {
    Column { name, kind, nullable: false }
}

/// All tables.
pub(crate) static TABLES: &[&Table] = &[
    &SERVERS,
    &ROLES,
    &GROUPS,
    &USERS,
    &OAUTH_CLIENTS,
    &USER_ROLE_MAP,
    &GROUP_ROLE_MAP,
    &USER_GROUP_MAP,
    &SPAWNERS,
    &SERVICES,
    &OAUTH_CODES,
    &SERVICE_ROLE_MAP,
    &SHARES,
    &SHARE_CODES,
    &API_TOKENS,
    &PERIJOVE_PROCESSES,
    &PERIJOVE_META,
];

/// Addresses of servers and services.
pub(crate) static SERVERS: Table = Table {
    name: "servers",
    columns: &[
        id(),
        optional("proto", Kind::Varchar(15)),
        optional("ip", Kind::Varchar(255)),
        optional("port", Kind::Integer),
        optional("base_url", Kind::Varchar(255)),
        optional("cookie_name", Kind::Varchar(255)),
    ],
    constraints: &[PrimaryKey(&["id"])],
    indexes: &[],
    statements: Statements::new(),
};

/// Roles.
pub(crate) static ROLES: Table = Table {
    name: "roles",
    columns: &[
        id(),
        optional("name", Kind::Varchar(255)),
        optional("description", Kind::Varchar(1023)),
        optional("scopes", Kind::Text),
        required("managed_by_auth", Kind::Boolean),
    ],
    constraints: &[PrimaryKey(&["id"]), Unique("name")],
    indexes: &[],
    statements: Statements::new(),
};

/// Groups.
pub(crate) static GROUPS: Table = Table {
    name: "groups",
    columns: &[id(), optional("name", Kind::Varchar(255)), optional("properties", Kind::Text)],
    constraints: &[PrimaryKey(&["id"]), Unique("name")],
    indexes: &[],
    statements: Statements::new(),
};

/// Users.
pub(crate) static USERS: Table = Table {
    name: "users",
    columns: &[
        id(),
        optional("name", Kind::Varchar(255)),
        optional("user_info", Kind::Text),
        optional("admin", Kind::Boolean),
        optional("created", Kind::DateTime),
        optional("last_activity", Kind::DateTime),
        required("cookie_id", Kind::Varchar(255)),
        optional("state", Kind::Text),
        optional("encrypted_auth_state", Kind::Blob),
    ],
    constraints: &[PrimaryKey(&["id"]), Unique("name"), Unique("cookie_id")],
    indexes: &[],
    statements: Statements::new(),
};

/// OAuth clients.
pub(crate) static OAUTH_CLIENTS: Table = Table {
    name: "oauth_clients",
    columns: &[
        id(),
        optional("identifier", Kind::Varchar(255)),
        optional("description", Kind::Varchar(1023)),
        optional("secret", Kind::Varchar(255)),
        optional("redirect_uri", Kind::Varchar(1023)),
        optional("allowed_scopes", Kind::Text),
    ],
    constraints: &[PrimaryKey(&["id"]), Unique("identifier")],
    indexes: &[],
    statements: Statements::new(),
};

/// Roles of users.
pub(crate) static USER_ROLE_MAP: Table = Table {
    name: "user_role_map",
    columns: &[
        required("user_id", Kind::Integer),
        required("role_id", Kind::Integer),
        required("managed_by_auth", Kind::Boolean),
    ],
    constraints: &[
        PrimaryKey(&["user_id", "role_id"]),
        Foreign("user_id", "users", "id", Cascade),
        Foreign("role_id", "roles", "id", Cascade),
    ],
    indexes: &[],
    statements: Statements::new(),
};

/// Roles of groups.
pub(crate) static GROUP_ROLE_MAP: Table = Table {
    name: "group_role_map",
    columns: &[
        required("group_id", Kind::Integer),
        required("role_id", Kind::Integer),
        required("managed_by_auth", Kind::Boolean),
    ],
    constraints: &[
        PrimaryKey(&["group_id", "role_id"]),
        Foreign("group_id", "groups", "id", Cascade),
        Foreign("role_id", "roles", "id", Cascade),
    ],
    indexes: &[],
    statements: Statements::new(),
};

/// Members of groups.
pub(crate) static USER_GROUP_MAP: Table = Table {
    name: "user_group_map",
    columns: &[required("user_id", Kind::Integer), required("group_id", Kind::Integer)],
    constraints: &[
        PrimaryKey(&["user_id", "group_id"]),
        Foreign("user_id", "users", "id", Cascade),
        Foreign("group_id", "groups", "id", Cascade),
    ],
    indexes: &[],
    statements: Statements::new(),
};

/// Named servers of users.
pub(crate) static SPAWNERS: Table = Table {
    name: "spawners",
    columns: &[
        id(),
        optional("user_id", Kind::Integer),
        optional("server_id", Kind::Integer),
        optional("state", Kind::Text),
        optional("name", Kind::Varchar(255)),
        optional("display_name", Kind::Varchar(255)),
        optional("started", Kind::DateTime),
        optional("last_activity", Kind::DateTime),
        optional("user_options", Kind::Text),
        optional("oauth_client_id", Kind::Varchar(255)),
    ],
    constraints: &[
        PrimaryKey(&["id"]),
        Foreign("user_id", "users", "id", Cascade),
        Foreign("server_id", "servers", "id", SetNull),
        Foreign("oauth_client_id", "oauth_clients", "identifier", SetNull),
    ],
    indexes: &[],
    statements: Statements::new(),
};

/// Services.
pub(crate) static SERVICES: Table = Table {
    name: "services",
    columns: &[
        id(),
        optional("name", Kind::Varchar(255)),
        optional("admin", Kind::Boolean),
        optional("url", Kind::Varchar(2047)),
        optional("oauth_client_allowed_scopes", Kind::Text),
        optional("info", Kind::Text),
        optional("display", Kind::Boolean),
        optional("oauth_no_confirm", Kind::Boolean),
        optional("command", Kind::Text),
        optional("cwd", Kind::Varchar(4095)),
        optional("environment", Kind::Text),
        optional("user", Kind::Varchar(255)),
        required("timeout", Kind::Integer),
        optional("from_config", Kind::Boolean),
        optional("_server_id", Kind::Integer),
        optional("pid", Kind::Integer),
        optional("oauth_client_id", Kind::Varchar(255)),
    ],
    constraints: &[
        PrimaryKey(&["id"]),
        Unique("name"),
        Foreign("_server_id", "servers", "id", SetNull),
        Foreign("oauth_client_id", "oauth_clients", "identifier", SetNull),
    ],
    indexes: &[],
    statements: Statements::new(),
};

/// OAuth codes.
pub(crate) static OAUTH_CODES: Table = Table {
    name: "oauth_codes",
    columns: &[
        id(),
        optional("client_id", Kind::Varchar(255)),
        optional("code", Kind::Varchar(36)),
        optional("expires_at", Kind::Integer),
        optional("redirect_uri", Kind::Varchar(1023)),
        optional("session_id", Kind::Varchar(255)),
        optional("user_id", Kind::Integer),
        optional("scopes", Kind::Text),
        optional("code_challenge", Kind::Varchar(255)),
        optional("code_challenge_method", Kind::Varchar(64)),
    ],
    constraints: &[
        PrimaryKey(&["id"]),
        Foreign("client_id", "oauth_clients", "identifier", Cascade),
        Foreign("user_id", "users", "id", Cascade),
    ],
    indexes: &[],
    statements: Statements::new(),
};

/// Roles of services.
pub(crate) static SERVICE_ROLE_MAP: Table = Table {
    name: "service_role_map",
    columns: &[
        required("service_id", Kind::Integer),
        required("role_id", Kind::Integer),
        required("managed_by_auth", Kind::Boolean),
    ],
    constraints: &[
        PrimaryKey(&["service_id", "role_id"]),
        Foreign("service_id", "services", "id", Cascade),
        Foreign("role_id", "roles", "id", Cascade),
    ],
    indexes: &[],
    statements: Statements::new(),
};

/// Shares of servers.
pub(crate) static SHARES: Table = Table {
    name: "shares",
    columns: &[
        optional("user_id", Kind::Integer),
        optional("group_id", Kind::Integer),
        id(),
        required("created_at", Kind::DateTime),
        optional("scopes", Kind::Text),
        optional("expires_at", Kind::DateTime),
        optional("owner_id", Kind::Integer),
        optional("spawner_id", Kind::Integer),
    ],
    constraints: &[
        PrimaryKey(&["id"]),
        Foreign("user_id", "users", "id", Cascade),
        Foreign("group_id", "groups", "id", Cascade),
        Foreign("owner_id", "users", "id", Cascade),
        Foreign("spawner_id", "spawners", "id", Cascade),
    ],
    indexes: &[],
    statements: Statements::new(),
};

/// Codes that turn into shares.
pub(crate) static SHARE_CODES: Table = Table {
    name: "share_codes",
    columns: &[
        optional("hashed", Kind::Varchar(255)),
        optional("prefix", Kind::Varchar(16)),
        optional("exchange_count", Kind::Integer),
        optional("last_exchanged_at", Kind::DateTime),
        id(),
        required("created_at", Kind::DateTime),
        optional("scopes", Kind::Text),
        optional("expires_at", Kind::DateTime),
        optional("owner_id", Kind::Integer),
        optional("spawner_id", Kind::Integer),
    ],
    constraints: &[
        PrimaryKey(&["id"]),
        Unique("hashed"),
        Foreign("owner_id", "users", "id", Cascade),
        Foreign("spawner_id", "spawners", "id", Cascade),
    ],
    indexes: &["prefix"],
    statements: Statements::new(),
};

/// Tokens.
pub(crate) static API_TOKENS: Table = Table {
    name: "api_tokens",
    columns: &[
        optional("user_id", Kind::Integer),
        optional("service_id", Kind::Integer),
        id(),
        optional("hashed", Kind::Varchar(255)),
        optional("prefix", Kind::Varchar(16)),
        optional("client_id", Kind::Varchar(255)),
        optional("session_id", Kind::Varchar(255)),
        optional("created", Kind::DateTime),
        optional("expires_at", Kind::DateTime),
        optional("last_activity", Kind::DateTime),
        optional("note", Kind::Varchar(1023)),
        optional("scopes", Kind::Text),
    ],
    constraints: &[
        PrimaryKey(&["id"]),
        Foreign("user_id", "users", "id", Cascade),
        Foreign("service_id", "services", "id", Cascade),
        Unique("hashed"),
        Foreign("client_id", "oauth_clients", "identifier", Cascade),
    ],
    indexes: &["prefix"],
    statements: Statements::new(),
};

/// Child processes of the hub (ours).
pub(crate) static PERIJOVE_PROCESSES: Table = Table {
    name: "perijove_processes",
    columns: &[
        required("kind", Kind::Varchar(15)),
        required("subject_id", Kind::Integer),
        required("pid", Kind::BigInteger),
        required("start_time", Kind::BigInteger),
        required("boot_id", Kind::Varchar(64)),
        optional("details", Kind::Text),
    ],
    constraints: &[PrimaryKey(&["kind", "subject_id"])],
    indexes: &[],
    statements: Statements::new(),
};

/// Facts about this database (ours).
pub(crate) static PERIJOVE_META: Table = Table {
    name: "perijove_meta",
    columns: &[required("name", Kind::Varchar(64)), optional("value", Kind::Text)],
    constraints: &[PrimaryKey(&["name"])],
    indexes: &[],
    statements: Statements::new(),
};
