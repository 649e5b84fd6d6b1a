// The options form of a server.
import { showFeedback } from "./feedback.js";

const form = document.getElementById("spawn_form");
if (form) showFeedback(form);
window._jupyterhub_page_loaded = true;
