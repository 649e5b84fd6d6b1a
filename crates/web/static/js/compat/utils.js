// The helper functions that custom scripts for JupyterHub's pages ask for by the name "utils".
import { showError } from "../dialog.js";
import { displayName, slug } from "../slug.js";

function joinPath(...pieces) {
  return pieces.filter((piece) => piece !== "").join("/").replace(/([^:]|^)\/{2,}/g, "$1/");
}

function encodePath(path) {
  return path.split("/").map(encodeURIComponent).join("/");
}

export default {
  url_path_join: joinPath,
  encode_uri_components: encodePath,
  url_join_encode: (...pieces) => encodePath(joinPath(...pieces)),
  parse_url: (url) => new URL(url, location.href),
  escape_html(text) {
    const element = document.createElement("div");
    element.textContent = text;
    return element.innerHTML;
  },
  ajax_error_msg: (request) => request.responseJSON?.message ?? request.statusText,
  ajax_error_dialog(request) {
    const text = request.responseJSON?.message ?? request.statusText;
    showError(new Error(`API request failed (${request.status}): ${text}`));
  },
  safe_slug: slug,
  sanitise_display_name: displayName,
};
