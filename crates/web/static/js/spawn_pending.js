// The start of a server, live: events of the progress stream until it is ready, has failed, or the stream is gone for good.
import { stopServer } from "./api.js";

const root = document.getElementById("spawn-progress");
const element = (id) => document.getElementById(id);
const shownMessage = element("progress-message");
const connection = element("progress-connection");
let ended = false;
let failures = 0;

function showProgress(percent) {
  const value = Math.max(0, Math.min(100, percent));
  const bar = element("progress-bar");
  bar.setAttribute("aria-valuenow", String(value));
  bar.style.width = `${value}%`;
  element("sr-progress").textContent = `${value}%`;
  // The moon goes round the planet once.
  const angle = (value / 100) * 2 * Math.PI;
  element("progress-moon").setAttribute("cx", String(120 + 108 * Math.cos(angle)));
  element("progress-moon").setAttribute("cy", String(60 + 40 * Math.sin(angle)));
  element("progress-orbit").style.strokeDasharray = `${value} 100`;
}

/** `html_message` is made by the spawner and trusted as upstream trusts it; `message` is text. */
function fill(target, event) {
  if (event.html_message !== undefined) target.innerHTML = event.html_message;
  else target.textContent = event.message;
}

function log(event) {
  const line = document.createElement("div");
  line.className = "progress-log-event";
  line.dataset.time = new Date().toLocaleTimeString();
  fill(line, event);
  const lines = element("progress-log");
  lines.append(line);
  lines.scrollTop = lines.scrollHeight;
}

function say(text) {
  connection.textContent = text;
  connection.hidden = text === "";
}

function showFailure(event) {
  ended = true;
  root.dataset.state = "failed";
  element("progress-bar").classList.add("bg-danger");
  element("progress-details").open = true;
  element("progress-failed").hidden = false;
  // Our hub adds the last lines that the server wrote before it died.
  const output = Array.isArray(event.output) ? event.output.join("\n") : event.output;
  if (output) {
    element("progress-output").textContent = output;
    element("progress-output").hidden = false;
    element("progress-output").scrollTop = element("progress-output").scrollHeight;
  }
}

function handle(event) {
  if (event.progress !== undefined) showProgress(event.progress);
  if (event.message !== undefined || event.html_message !== undefined) {
    fill(shownMessage, event);
    log(event);
  }
  if (event.ready) {
    ended = true;
    // The hub sends whoever looks at this page to the running server.
    location.reload();
  } else if (event.failed) {
    showFailure(event);
  }
}

/** After the stream was refused: is this page still the right one? Then open the stream again, else show what is. */
async function lookAgain() {
  if (ended) return;
  try {
    const response = await fetch(location.href, { cache: "no-store", credentials: "same-origin" });
    const page = await response.text();
    if (response.status < 500 && (response.redirected || !page.includes('id="spawn-progress"'))) {
      ended = true;
      location.reload();
      return;
    }
    if (response.ok) {
      follow();
      return;
    }
  } catch {
    // The hub is away; it comes back.
  }
  retryLater();
}

function retryLater() {
  failures += 1;
  setTimeout(lookAgain, Math.min(1000 * 2 ** failures, 15_000));
}

function follow() {
  const events = window.openProgress();
  events.addEventListener("open", () => {
    failures = 0;
    say("");
    // The stream begins at the beginning again.
    element("progress-log").replaceChildren();
  });
  events.addEventListener("message", (message) => {
    let event;
    try {
      event = JSON.parse(message.data);
    } catch {
      console.warn("not an event", message.data);
      return;
    }
    handle(event);
    if (ended) events.close();
  });
  events.addEventListener("error", () => {
    if (ended) return;
    say("The connection was interrupted. Your server goes on starting; this page comes back to it.");
    if (events.readyState === EventSource.CLOSED) retryLater();
  });
}

element("stop-server-btn")?.addEventListener("click", async ({ target: button }) => {
  const status = element("stop-server-status");
  button.disabled = true;
  status.hidden = false;
  status.className = "alert alert-info";
  status.textContent = "Stopping the server…";
  try {
    await stopServer(root.dataset.userName, root.dataset.serverName);
    location.reload();
  } catch (error) {
    status.className = "alert alert-danger";
    status.textContent = error.message;
    button.disabled = false;
  }
});

follow();
window._jupyterhub_page_loaded = true;
