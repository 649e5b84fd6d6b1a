// The token page: request, copy and revoke tokens.
import { call } from "./api.js";
import { attempt } from "./dialog.js";

const { user } = window.jhdata;
const field = (id) => document.getElementById(id);
const form = field("request-token-form");

function requested() {
  const scopes = field("token-scopes").value.split(/[\s,]+/).filter(Boolean);
  const lifetime = Number.parseInt(field("token-expiration-seconds").value, 10);
  return {
    note: field("token-note").value || "Requested via token page",
    expires_in: lifetime > 0 ? lifetime : null,
    ...(scopes.length > 0 && { scopes }),
  };
}

form?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = form.querySelector('button[type="submit"]');
  button.disabled = true;
  await attempt(async () => {
    const reply = await call("POST", ["users", user, "tokens"], { body: requested() });
    field("token-result").textContent = reply.token;
    const area = field("token-area");
    area.hidden = false;
    area.scrollIntoView({ block: "nearest" });
  });
  button.disabled = false;
});

field("copy-token")?.addEventListener("click", async (event) => {
  const result = field("token-result");
  try {
    await navigator.clipboard.writeText(result.textContent);
    event.target.textContent = "Copied";
  } catch {
    // No clipboard without TLS: select it instead.
    window.getSelection().selectAllChildren(result);
  }
});

for (const button of document.querySelectorAll(".revoke-token-btn")) {
  button.addEventListener("click", async () => {
    const row = button.closest(".token-row");
    button.disabled = true;
    const path = ["users", user, "tokens", row.dataset.tokenId];
    if (await attempt(() => call("DELETE", path))) row.remove();
    else button.disabled = false;
  });
}

window._jupyterhub_page_loaded = true;
