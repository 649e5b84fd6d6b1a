// The admin page: users and their servers, from the REST API.
import { call, serverPath, stopServer } from "./api.js";
import { ask, attempt, showError } from "./dialog.js";
import { timeElement } from "./time.js";

const hub = window.jhdata.base_url;
const root = document.getElementById("admin");
const element = (id) => document.getElementById(id);
const search = root.querySelector('[name="user_search"]');
const filter = root.querySelector('[name="state_filter"]');
const view = { offset: 0, limit: Number(root.dataset.apiPageLimit) || 50, sort: "id", users: [] };
const busy = new Set();
let request = 0;
let timer;

/** An element with properties (`dataset` and attributes with a hyphen included) and children. */
function make(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name === "data") Object.assign(made.dataset, value);
    else if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else made[name] = value;
  }
  made.append(...children);
  return made;
}

function button(text, className, action, disabled) {
  return make("button", { type: "button", className: `btn btn-sm ${className}`, disabled, on: { click: action } }, text);
}

/** A button inside a link: one stop for the keyboard, and found by scripts as a button, as upstream's are. */
function linkButton(text, className, href) {
  const inner = make("button", { type: "button", className: `btn btn-sm ${className}`, tabIndex: -1 }, text);
  inner.addEventListener("click", (event) => {
    event.preventDefault();
    location.assign(href);
  });
  return make("a", { href }, inner);
}

function stateOf(server) {
  if (server?.pending === "stop") return ["Stopping", "pending"];
  if (server?.pending) return ["Starting", "pending"];
  return server?.ready ? ["Running", "on"] : ["Stopped", "off"];
}

function stateBadge(server) {
  const [text, kind] = stateOf(server);
  return make("span", { className: `pj-state pj-state-${kind}` }, text);
}

function lastActivity(model) {
  return model?.last_activity ? timeElement(new Date(model.last_activity)) : "Never";
}

/** Runs an action on one server, with its buttons disabled, and shows the new state. */
async function act(user, server, action) {
  const key = `${user}/${server}`;
  busy.add(key);
  draw();
  await attempt(action);
  busy.delete(key);
  await load();
}

function serverButtons(user, name, server) {
  const disabled = busy.has(`${user.name}/${name}`) || Boolean(server?.pending);
  const path = serverPath(user.name, name);
  if (server && (server.ready || server.pending)) {
    return [
      button("Stop Server", "btn-danger stop-button", () => act(user.name, name, () => stopServer(user.name, name)), disabled),
      linkButton("Access Server", "btn-primary", server.url),
    ];
  }
  const spawn = [`${hub}spawn`, user.name, name].filter(Boolean).map((part, index) => (index ? encodeURIComponent(part) : part));
  const buttons = [
    button("Start Server", "btn-primary start-button", () => act(user.name, name, () => call("POST", path)), disabled),
    linkButton("Spawn Page", "btn-light", spawn.join("/")),
  ];
  if (name) {
    const remove = () => act(user.name, name, () => call("DELETE", path, { body: { remove: true } }));
    buttons.push(button("Delete Server", "btn-outline-danger", remove, disabled));
  }
  return buttons;
}

function cell(testId, className, ...children) {
  return make("td", { className, data: { testid: testId } }, ...children);
}

/** The buttons of a row; whoever does not see the row hears whose they are. */
function buttonRow(owner, ...children) {
  const row = make("div", { className: "pj-row-buttons" }, ...children);
  for (const control of row.querySelectorAll("a, button")) control.setAttribute("aria-description", owner);
  return row;
}

function userRows(user) {
  const servers = user.servers ?? {};
  const server = servers[""];
  const admin = user.admin ? make("span", { className: "pj-badge" }, "admin") : "";
  const edit = button("Edit User", "", () => editUser(user), false);
  const first = make(
    "tr",
    { className: "user-row" },
    cell("user-row-name", "", user.name),
    cell("user-row-admin", "", admin),
    cell("user-row-server", "", stateBadge(server)),
    cell("user-row-last-activity", "", lastActivity(user)),
    cell("user-row-server-activity", "pj-actions", buttonRow(user.name, ...serverButtons(user, "", server), edit)),
  );
  const named = Object.entries(servers).filter(([name]) => name !== "");
  return [first, ...named.map(([name, model]) => serverRow(user, name, model))];
}

function serverRow(user, name, model) {
  const shown = model.display_name || name;
  return make(
    "tr",
    { className: "user-server-row", data: { serverName: name } },
    make("td", { className: "pj-server-name" }, shown),
    make("td"),
    make("td", {}, stateBadge(model)),
    make("td", {}, lastActivity(model)),
    make("td", { className: "pj-actions" }, buttonRow(`${user.name}, ${shown}`, ...serverButtons(user, name, model))),
  );
}

function draw() {
  const { users, offset, total } = view;
  element("users").replaceChildren(...users.flatMap(userRows));
  element("no-users").hidden = users.length > 0;
  const first = users.length ? offset + 1 : 0;
  element("displaying").textContent = `Displaying ${first}-${users.length ? offset + users.length : 0} of ${total}`;
  element("previous").disabled = offset === 0;
  element("next").disabled = offset + users.length >= total;
  root.querySelector(".pagination-footer").hidden = false;
}

/** Reads the users that are shown now; again after a second as long as a server is on its way up or down. */
async function load() {
  clearTimeout(timer);
  const mine = ++request;
  const query = { offset: view.offset, limit: view.limit, sort: view.sort, include_stopped_servers: "1" };
  if (search.value) query.name_filter = search.value;
  if (filter.value) query.state = filter.value;
  try {
    const page = await call("GET", ["users"], { query, accept: "application/jupyterhub-pagination+json" });
    if (mine !== request) return; // a later question was asked meanwhile
    Object.assign(view, { users: page.items, total: page._pagination.total, offset: page._pagination.offset });
    message("");
  } catch (error) {
    if (mine === request) message(error.message);
    return;
  }
  draw();
  const pending = view.users.some((user) => Object.values(user.servers ?? {}).some((server) => server.pending));
  if (pending) timer = setTimeout(load, 1000);
}

function message(text) {
  const shown = element("admin-message");
  shown.textContent = text;
  shown.hidden = !text;
  shown.classList.toggle("alert-danger", Boolean(text));
}

function loadFrom(offset) {
  view.offset = Math.max(0, offset);
  return load();
}

async function confirm(text, label) {
  element("confirm-text").textContent = text;
  element("confirm-ok").textContent = label;
  return ask(element("confirm-dialog"));
}

async function editUser(user) {
  const dialog = element("edit-user-dialog");
  element("edit-name").value = user.name;
  element("edit-admin").checked = user.admin;
  element("delete-user").onclick = async () => {
    dialog.close();
    const question = `Delete the user ${user.name}? Running servers are stopped; files in the home folder stay.`;
    if (!(await confirm(question, "Delete user"))) return;
    await attempt(() => call("DELETE", ["users", user.name]));
    await load();
  };
  if (!(await ask(dialog))) return;
  const name = element("edit-name").value.trim();
  const changes = { admin: element("edit-admin").checked, ...(name !== user.name && { name }) };
  await attempt(() => call("PATCH", ["users", user.name], { body: changes }));
  await load();
}

async function addUsers() {
  element("new-usernames").value = "";
  element("new-admin").checked = false;
  if (!(await ask(element("add-users-dialog")))) return;
  const usernames = element("new-usernames").value.split(/[\n,]+/).map((name) => name.trim()).filter(Boolean);
  if (usernames.length === 0) return;
  await attempt(() => call("POST", ["users"], { body: { usernames, admin: element("new-admin").checked } }));
  await load();
}

/** Runs an action for every default server on this page that `chosen` picks; all errors together in one dialog. */
async function forAll(chosen, action) {
  const users = view.users.filter((user) => chosen(user.servers?.[""])).map((user) => user.name);
  const results = await Promise.allSettled(users.map(action));
  const failed = results.flatMap((result, index) =>
    result.status === "rejected" ? [`${users[index]}: ${result.reason.message}`] : [],
  );
  if (failed.length) showError(new Error(failed.join("\n")));
  await load();
}

element("add-users").addEventListener("click", addUsers);
element("start-all").addEventListener("click", () =>
  forAll((server) => !server || (!server.ready && !server.pending), (name) => call("POST", serverPath(name, ""))),
);
element("stop-all").addEventListener("click", () =>
  forAll((server) => server && (server.ready || server.pending), (name) => stopServer(name, "")),
);
element("shutdown-hub").addEventListener("click", async () => {
  if (!(await confirm("Shut the hub down? Nobody can sign in until it is started again.", "Shut down"))) return;
  if (await attempt(() => call("POST", ["shutdown"], { body: {} }))) message("The hub is shutting down.");
});
element("previous").addEventListener("click", () => loadFrom(view.offset - view.limit));
element("next").addEventListener("click", () => loadFrom(view.offset + view.limit));
filter.addEventListener("change", () => loadFrom(0));
search.addEventListener("input", () => {
  clearTimeout(timer);
  timer = setTimeout(() => loadFrom(0), 250);
});
for (const heading of root.querySelectorAll("[data-sort]")) {
  heading.addEventListener("click", () => {
    const { sort } = heading.dataset;
    // Names from a to z first, activity from the latest.
    const [first, second] = sort === "name" ? [sort, `-${sort}`] : [`-${sort}`, sort];
    view.sort = view.sort === first ? second : first;
    for (const other of root.querySelectorAll("th[aria-sort]")) other.ariaSort = "none";
    heading.parentElement.ariaSort = view.sort.startsWith("-") ? "descending" : "ascending";
    loadFrom(0);
  });
}

await load();
window._jupyterhub_page_loaded = true;
