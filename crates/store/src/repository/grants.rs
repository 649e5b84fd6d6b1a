//! Who is behind a token or a cookie, and what was granted to them: one statement each, since this runs for every
//! request that no cache can answer.
//!
//! The answer has rows of four kinds: 0 the token or user itself, 1 one of its own roles, 2 one of its groups with one
//! of that group's roles (or none), 3 a share. The kinds are joined in as a small table, and a join that a kind does
//! not need gets NULL as its key, so that it finds nothing at the price of nothing. Shares have no index on whom they
//! are for; they come from a second branch, which reads that table once.

use std::collections::BTreeMap;

use crate::backend::Pool;
use crate::cell::Cells;
use crate::error::StoreError;
use crate::param::params;
use crate::rows::{
    ApiToken, ClientTarget, Grants, Record, Role, SharedServer, TokenOwner, TokenWithOwner, User,
    UserWithGrants,
};
use crate::statement::{Statement, sql, sql_of_ids};
use crate::tx::Tx;

/// The kinds 0 to 2 of the table of kinds, and what all statements select at their end.
macro_rules! kinds {
    () => {
        " CROSS JOIN (SELECT 0 AS kind UNION ALL SELECT 1 UNION ALL SELECT 2) k"
    };
}

/// Groups and roles of the user whose id is in the column `$user`; the roles in the column `$roles` too.
macro_rules! groups_and_roles {
    ($user:literal, $roles:literal) => {
        concat!(
            " LEFT JOIN user_role_map um ON um.user_id = CASE WHEN k.kind = 1 THEN ",
            $user,
            " END LEFT JOIN user_group_map gm ON gm.user_id = CASE WHEN k.kind = 2 THEN ",
            $user,
            " END LEFT JOIN \"groups\" g ON g.id = gm.group_id",
            " LEFT JOIN group_role_map grm ON grm.group_id = gm.group_id",
            " LEFT JOIN roles r ON r.id = coalesce(um.role_id, grm.role_id",
            $roles,
            ")"
        )
    };
}

/// Shares with the user whose id is in the column `$user`, or with one of their groups.
macro_rules! shares {
    ($user:literal) => {
        concat!(
            " JOIN shares sh ON sh.user_id = ",
            $user,
            " OR sh.group_id IN (SELECT m.group_id FROM user_group_map m WHERE m.user_id = ",
            $user,
            ") JOIN users o ON o.id = sh.owner_id JOIN spawners p ON p.id = sh.spawner_id",
            " LEFT JOIN \"groups\" g ON g.id = sh.group_id"
        )
    };
}

/// A statement that begins with one user.
macro_rules! by_user {
    ($condition:literal) => {
        sql!(concat!(
            "SELECT k.kind, [users u], [roles r], g.name, NULL, NULL, NULL, NULL FROM users h",
            kinds!(),
            " LEFT JOIN users u ON u.id = CASE WHEN k.kind = 0 THEN h.id END",
            groups_and_roles!("h.id", ""),
            " WHERE ",
            $condition,
            " UNION ALL SELECT 3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,",
            " g.name, sh.scopes, sh.expires_at, o.name, p.name FROM users h",
            shares!("h.id"),
            " WHERE ",
            $condition,
        ))
    };
}

/// How many columns precede the roles in an answer about tokens: kind, token id, token, user, service, client.
const USER_COLUMNS: usize = 9;
const TOKEN_COLUMNS: usize = 12;
const ROLE_COLUMNS: usize = 5;
const OWNER_COLUMNS: usize = TOKEN_COLUMNS + USER_COLUMNS + 5;

fn tokens_statement() -> &'static Statement {
    sql!(concat!(
        "SELECT k.kind, h.id, [api_tokens t], [users u], s.id, s.name, s.admin,",
        " CASE WHEN k.kind = 0 AND h.client_id <> 'jupyterhub' THEN",
        " (SELECT cs.name FROM services cs WHERE cs.oauth_client_id = h.client_id ORDER BY cs.id LIMIT 1) END,",
        " CASE WHEN k.kind = 0 AND h.client_id <> 'jupyterhub' THEN",
        " (SELECT concat(cu.name, '/', cp.name) FROM spawners cp JOIN users cu ON cu.id = cp.user_id",
        " WHERE cp.oauth_client_id = h.client_id ORDER BY cp.id LIMIT 1) END,",
        " [roles r], g.name, NULL, NULL, NULL, NULL FROM api_tokens h",
        kinds!(),
        " LEFT JOIN api_tokens t ON t.id = CASE WHEN k.kind = 0 THEN h.id END",
        " LEFT JOIN users u ON u.id = CASE WHEN k.kind = 0 THEN h.user_id END",
        " LEFT JOIN services s ON s.id = CASE WHEN k.kind = 0 THEN h.service_id END",
        " LEFT JOIN service_role_map sm ON sm.service_id = CASE WHEN k.kind = 1 THEN h.service_id END",
        groups_and_roles!("h.user_id", ", sm.role_id"),
        " WHERE h.prefix = ?",
        " UNION ALL SELECT 3, h.id, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,",
        " NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,",
        " NULL, NULL, NULL, NULL, NULL,",
        " g.name, sh.scopes, sh.expires_at, o.name, p.name FROM api_tokens h",
        shares!("h.user_id"),
        " WHERE h.prefix = ?",
    ))
}

pub(super) async fn tokens_by_prefix(tx: &mut Tx, prefix: &str) -> Result<Vec<TokenWithOwner>, StoreError> {
    collect_tokens(tx.rows(tokens_statement(), params![prefix, prefix]).await?)
}

/// [`tokens_by_prefix`] without a transaction.
pub(crate) async fn resolve_by_prefix(pool: &Pool, prefix: &str) -> Result<Vec<TokenWithOwner>, StoreError> {
    let text = tokens_statement().text(pool.backend());
    collect_tokens(pool.rows(text, params![prefix, prefix]).await?)
}

fn collect_tokens(rows: Vec<Cells>) -> Result<Vec<TokenWithOwner>, StoreError> {
    let mut heads: BTreeMap<i64, TokenWithOwner> = BTreeMap::new();
    let mut grants: BTreeMap<i64, Collected> = BTreeMap::new();
    for mut row in rows {
        let kind: i64 = row.take()?;
        let id: i64 = row.take()?;
        if kind == 0 {
            heads.insert(id, head(&mut row)?);
        } else {
            row.skip(OWNER_COLUMNS);
            grants.entry(id).or_default().add(kind, row)?;
        }
    }
    Ok(heads
        .into_iter()
        .map(|(id, mut found)| {
            found.grants = grants.remove(&id).unwrap_or_default().finish();
            found
        })
        .collect())
}

fn head(row: &mut Cells) -> Result<TokenWithOwner, StoreError> {
    let token = ApiToken::decode(row)?;
    let user = optional::<User>(row, USER_COLUMNS)?;
    let service: Option<i64> = row.take()?;
    let (name, admin): (String, bool) = (row.take()?, row.take()?);
    let owner = match (user, service) {
        (Some(user), _) => Some(TokenOwner::User(Box::new(user))),
        (None, Some(id)) => Some(TokenOwner::Service { id, name, admin }),
        (None, None) => None,
    };
    let (service, server): (Option<String>, Option<String>) = (row.take()?, row.take()?);
    let server = server.and_then(|path| {
        let (user, server) = path.split_once('/')?;
        Some(ClientTarget::Server { user: user.to_owned(), server: server.to_owned() })
    });
    let client = service.map(ClientTarget::Service).or(server);
    Ok(TokenWithOwner { token, owner, client, grants: Grants::default() })
}

pub(super) async fn user_by_cookie_id(
    tx: &mut Tx,
    cookie_id: &str,
) -> Result<Option<UserWithGrants>, StoreError> {
    let rows = tx.rows(by_user!("h.cookie_id = ?"), params![cookie_id, cookie_id]).await?;
    let (user, grants) = collect_user(rows)?;
    let exact = user.filter(|user| user.cookie_id == cookie_id);
    Ok(exact.map(|user| UserWithGrants { user, grants }))
}

pub(super) async fn user_by_name(tx: &mut Tx, name: &str) -> Result<Option<UserWithGrants>, StoreError> {
    let (user, grants) = collect_user(tx.rows(by_user!("h.name = ?"), params![name, name]).await?)?;
    let exact = user.filter(|user| user.name == name);
    Ok(exact.map(|user| UserWithGrants { user, grants }))
}

pub(super) async fn of_user(tx: &mut Tx, user_id: i64) -> Result<Grants, StoreError> {
    let rows = tx.rows(by_user!("h.id = ?"), params![user_id, user_id]).await?;
    Ok(collect_user(rows)?.1)
}

/// [`of_user`] for many users. Roles are read once each, however many have them.
pub(super) async fn of_users(tx: &mut Tx, ids: &[i64]) -> Result<BTreeMap<i64, Grants>, StoreError> {
    let own = sql_of_ids!(
        "SELECT m.user_id, m.role_id FROM user_role_map m WHERE m.user_id IN ($ids) ORDER BY m.role_id"
    );
    let of_groups = sql_of_ids!(
        "SELECT DISTINCT m.user_id, r.role_id FROM user_group_map m JOIN group_role_map r ON r.group_id = m.group_id \
         WHERE m.user_id IN ($ids) ORDER BY r.role_id"
    );
    let (own, of_groups) = (tx.pairs_of_ids(own, ids).await?, tx.pairs_of_ids(of_groups, ids).await?);
    let mut used: Vec<i64> = own.iter().chain(&of_groups).map(|(_, role)| *role).collect();
    used.sort_unstable();
    used.dedup();
    let roles = sql_of_ids!("SELECT [roles r] FROM roles r WHERE r.id IN ($ids)");
    let mut roles = tx.rows_of_ids(roles, &used).await?;
    let roles: Vec<Role> = roles.iter_mut().map(Role::decode).collect::<Result<_, _>>()?;
    let roles: BTreeMap<i64, Role> = roles.into_iter().map(|role| (role.id, role)).collect();
    let mut grants: BTreeMap<i64, Grants> = BTreeMap::new();
    for (user, role) in own {
        grants.entry(user).or_default().roles.extend(roles.get(&role).cloned());
    }
    for (user, role) in of_groups {
        grants.entry(user).or_default().group_roles.extend(roles.get(&role).cloned());
    }
    for (user, group) in tx.groups().names_of_users(ids).await? {
        grants.entry(user).or_default().groups.push(group);
    }
    let shares = sql_of_ids!(
        "SELECT sh.user_id, NULL, sh.scopes, sh.expires_at, o.name, p.name FROM shares sh \
         JOIN users o ON o.id = sh.owner_id JOIN spawners p ON p.id = sh.spawner_id WHERE sh.user_id IN ($ids) \
         UNION ALL SELECT m.user_id, g.name, sh.scopes, sh.expires_at, o.name, p.name FROM user_group_map m \
         JOIN shares sh ON sh.group_id = m.group_id JOIN \"groups\" g ON g.id = m.group_id \
         JOIN users o ON o.id = sh.owner_id JOIN spawners p ON p.id = sh.spawner_id WHERE m.user_id IN ($ids)"
    );
    for mut row in tx.rows_of_ids(shares, ids).await? {
        let (user, group) = (row.take()?, row.take()?);
        grants.entry(user).or_default().shares.push(share(row, group)?);
    }
    Ok(grants)
}

/// What follows a share's group in an answer.
fn share(mut row: Cells, group: Option<String>) -> Result<SharedServer, StoreError> {
    Ok(SharedServer {
        scopes: row.take()?,
        expires_at: row.take()?,
        owner_name: row.take()?,
        server_name: row.take()?,
        group,
    })
}

fn collect_user(rows: Vec<Cells>) -> Result<(Option<User>, Grants), StoreError> {
    let mut user = None;
    let mut grants = Collected::default();
    for mut row in rows {
        let kind: i64 = row.take()?;
        if kind == 0 {
            user = Some(User::decode(&mut row)?);
        } else {
            row.skip(USER_COLUMNS);
            grants.add(kind, row)?;
        }
    }
    Ok((user, grants.finish()))
}

/// Reads a joined row, or passes over it if its primary key, the first column, is NULL.
pub(super) fn optional<R: Record>(row: &mut Cells, columns: usize) -> Result<Option<R>, StoreError> {
    if row.next_is_null() {
        row.skip(columns);
        return Ok(None);
    }
    R::decode(row).map(Some)
}

/// Grants as their rows arrive, in any order and with groups and roles repeated.
#[derive(Default)]
struct Collected {
    roles: BTreeMap<i64, Role>,
    group_roles: BTreeMap<i64, Role>,
    groups: std::collections::BTreeSet<String>,
    shares: Vec<SharedServer>,
}

impl Collected {
    fn add(&mut self, kind: i64, mut row: Cells) -> Result<(), StoreError> {
        let role = optional::<Role>(&mut row, ROLE_COLUMNS)?;
        let group: Option<String> = row.take()?;
        match (kind, role) {
            (1, Some(role)) => {
                self.roles.insert(role.id, role);
            }
            (2, Some(role)) => {
                self.group_roles.insert(role.id, role);
            }
            _ => {}
        }
        if kind == 3 {
            self.shares.push(share(row, group)?);
        } else {
            self.groups.extend(group);
        }
        Ok(())
    }

    fn finish(self) -> Grants {
        Grants {
            roles: self.roles.into_values().collect(),
            groups: self.groups.into_iter().collect(),
            group_roles: self.group_roles.into_values().collect(),
            shares: self.shares,
        }
    }
}
