// The login form.
import { showFeedback } from "./feedback.js";

const warning = document.getElementById("insecure-login-warning");
if (warning && !window.isSecureContext) warning.hidden = false;

const toggle = document.getElementById("toggle_password_visibility");
const password = document.getElementById("password_input");
toggle?.addEventListener("click", () => {
  const show = password.type === "password";
  password.type = show ? "text" : "password";
  toggle.setAttribute("aria-pressed", String(show));
  toggle.title = show ? "Hide password" : "Show password";
});

const username = document.getElementById("username_input");
if (username?.value) password?.focus();

document.querySelectorAll("#login-main form").forEach(showFeedback);
window._jupyterhub_page_loaded = true;
