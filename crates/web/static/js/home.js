// The home page: stop one's server; add, stop and delete servers with names.
import { call, stopServer } from "./api.js";
import { attempt, showError } from "./dialog.js";
import { displayName, slug } from "./slug.js";

const { base_url: hub, user } = window.jhdata;
const start = document.getElementById("start");
const stop = document.getElementById("stop");
const state = document.getElementById("server-status");

function setState(text, kind) {
  if (!state) return;
  state.textContent = text;
  state.className = `pj-state pj-state-${kind}`;
}

function disable(element, disabled) {
  if (element.tagName === "BUTTON" || element.tagName === "INPUT") element.disabled = disabled;
  else if (disabled) element.setAttribute("aria-disabled", "true");
  else element.removeAttribute("aria-disabled");
}

stop?.addEventListener("click", async () => {
  disable(stop, true);
  disable(start, true);
  setState("Stopping", "pending");
  const stopped = await attempt(() => stopServer(user, ""));
  disable(stop, false);
  disable(start, false);
  if (!stopped) {
    setState("Running", "on");
    return;
  }
  stop.hidden = true;
  start.textContent = "Start My Server";
  start.href = `${hub}spawn/${encodeURIComponent(user)}`;
  setState("Not running", "off");
});

function setRunning(row, running) {
  row.querySelector(".start-server").classList.toggle("hidden", running);
  row.querySelector(".delete-server").classList.toggle("hidden", running);
  row.querySelector(".stop-server").classList.toggle("hidden", !running);
  row.querySelector(".server-link").classList.toggle("hidden", !running);
}

function whileBusy(row, action) {
  const controls = [...row.querySelectorAll(".btn")];
  controls.forEach((control) => disable(control, true));
  return attempt(action).finally(() => controls.forEach((control) => disable(control, false)));
}

async function addServer(row) {
  const input = row.querySelector(".new-server-name");
  const shown = displayName(input.value);
  if (!shown) {
    input.focus();
    showError(new Error("Please give the new server a name."));
    return;
  }
  const added = await whileBusy(row, () =>
    call("PUT", ["users", user, "servers", slug(shown)], { body: { display_name: shown } }),
  );
  if (added) location.reload();
}

for (const row of document.querySelectorAll(".home-server-row")) {
  const name = row.dataset.serverName;
  // Whoever does not see the row hears whose button it is.
  for (const control of row.querySelectorAll(".pj-actions .btn")) control.setAttribute("aria-description", row.cells[0].textContent.trim());
  row.querySelector(".new-server-btn")?.addEventListener("click", () => addServer(row));
  row.querySelector(".new-server-name")?.addEventListener("keydown", (event) => {
    if (event.key === "Enter") addServer(row);
  });
  row.querySelector(".stop-server")?.addEventListener("click", async () => {
    if (await whileBusy(row, () => stopServer(user, name))) setRunning(row, false);
  });
  row.querySelector(".delete-server")?.addEventListener("click", async () => {
    if (!window.confirm(`Delete your server "${name}"? What it keeps outside your home folder may be lost.`)) return;
    const path = ["users", user, "servers", name];
    if (await whileBusy(row, () => call("DELETE", path, { body: { remove: true } }))) row.remove();
  });
}

window._jupyterhub_page_loaded = true;
