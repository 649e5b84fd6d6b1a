// The client of the REST API under the name and with the methods that custom scripts for JupyterHub's pages use. Callbacks are
// `success(reply)` and `error({status, statusText, responseJSON})`; our own pages use api.js.
import { ApiError, call } from "../api.js";
import { showError } from "../dialog.js";

export default class JHAPI {
  constructor(baseUrl) {
    this.base_url = baseUrl ?? window.jhdata.base_url;
  }

  async api_request(path, options = {}) {
    const segments = Array.isArray(path) ? path : path.split("/").filter((segment) => segment !== "");
    const body = typeof options.data === "string" ? JSON.parse(options.data) : options.data;
    try {
      const reply = await call(options.type ?? "GET", segments, { body, baseUrl: this.base_url });
      options.success?.(reply);
    } catch (error) {
      const status = error instanceof ApiError ? error.status : 0;
      const request = { status, statusText: error.message, responseJSON: error.reply };
      if (options.error) options.error(request, "error", error.message);
      else showError(error);
    }
  }

  start_server(user, options) {
    return this.api_request(["users", user, "server"], { ...options, type: "POST" });
  }
  start_named_server(user, server, options) {
    return this.api_request(["users", user, "servers", server], { ...options, type: "POST" });
  }
  create_named_server(user, server, options) {
    return this.api_request(["users", user, "servers", server], { ...options, type: "PUT" });
  }
  stop_server(user, options) {
    return this.api_request(["users", user, "server"], { ...options, type: "DELETE" });
  }
  stop_named_server(user, server, options) {
    return this.api_request(["users", user, "servers", server], { ...options, type: "DELETE" });
  }
  delete_named_server(user, server, options) {
    return this.stop_named_server(user, server, { ...options, data: { remove: true } });
  }
  list_users(options) {
    return this.api_request(["users"], options);
  }
  get_user(user, options) {
    return this.api_request(["users", user], options);
  }
  add_users(usernames, info, options) {
    return this.api_request(["users"], { ...options, type: "POST", data: { ...info, usernames } });
  }
  edit_user(user, info, options) {
    return this.api_request(["users", user], { ...options, type: "PATCH", data: info });
  }
  delete_user(user, options) {
    return this.api_request(["users", user], { ...options, type: "DELETE" });
  }
  request_token(user, properties, options) {
    return this.api_request(["users", user, "tokens"], { ...options, type: "POST", data: properties });
  }
  revoke_token(user, id, options) {
    return this.api_request(["users", user, "tokens", id], { ...options, type: "DELETE" });
  }
  shutdown_hub(data, options) {
    return this.api_request(["shutdown"], { ...options, type: "POST", data });
  }
}
