// Calls to the hub's REST API, with this page's session and XSRF token.

/** The API's answer when it is not one of success; `status` is 0 if there was none. */
export class ApiError extends Error {
  constructor(status, text, reply) {
    super(status ? `API request failed (${status}): ${text}` : `The hub cannot be reached: ${text}`);
    this.status = status;
    this.reply = reply;
  }
}

function answerOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Sends `body` as JSON and returns the parsed answer. `path` is a list of segments, which are quoted here.
 * `query` is an object; `accept` a media type.
 */
export async function call(method, path, { body, query, accept = "application/json", baseUrl } = {}) {
  // A browser takes these for steps within the path, whatever their quoting: the call would be about something else.
  if (path.some((segment) => /^\.{0,2}$/.test(segment))) throw new Error(`"${path.join("/")}" has a name that no address can hold`);
  const { base_url: hub, xsrf_token: xsrf } = window.jhdata;
  const url = new URL(`${baseUrl ?? hub}api/${path.map(encodeURIComponent).join("/")}`, location.origin);
  for (const [name, value] of Object.entries(query ?? {})) url.searchParams.set(name, value);
  const headers = { Accept: accept, "X-XSRFToken": xsrf };
  if (body !== undefined || method === "POST") headers["Content-Type"] = "application/json";
  let response;
  let text;
  try {
    response = await fetch(url, {
      method,
      headers,
      credentials: "same-origin",
      cache: "no-store",
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    text = await response.text();
  } catch (cause) {
    throw new ApiError(0, cause.message);
  }
  const reply = answerOf(text);
  if (!response.ok) throw new ApiError(response.status, reply?.message ?? response.statusText, reply);
  return reply;
}

/** The path of one server of a user. */
export function serverPath(user, server) {
  return server ? ["users", user, "servers", server] : ["users", user, "server"];
}

async function serverState(user, server) {
  try {
    const model = await call("GET", ["users", user], { query: { include_stopped_servers: "" } });
    return model?.servers?.[server];
  } catch (error) {
    // Who may stop a server may not always look at it.
    if (error.status === 403 || error.status === 404) return undefined;
    throw error;
  }
}

/** Asks a server to stop and waits until it is down. */
export async function stopServer(user, server) {
  await call("DELETE", serverPath(user, server));
  for (;;) {
    const state = await serverState(user, server);
    if (!state || (!state.pending && !state.ready)) return;
    if (!state.pending) throw new ApiError(409, "the server is still running", state);
    await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}
