// Error pages: a count of redirects in the address has served its purpose, and must not stop the next try.
const url = new URL(location.href);
if (url.searchParams.has("redirects")) {
  // By hand: searchParams would rewrite the rest of the query, too.
  const kept = url.search.slice(1).split("&").filter((pair) => pair.split("=")[0] !== "redirects");
  url.search = kept.join("&");
  history.replaceState({}, "", url);
}
window._jupyterhub_page_loaded = true;
