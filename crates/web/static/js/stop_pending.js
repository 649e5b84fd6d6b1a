// A server on its way down: look again until it is.
document.getElementById("refresh")?.addEventListener("click", (event) => {
  event.preventDefault();
  location.reload();
});

async function lookAgain() {
  try {
    // Reload only when the hub answers, so that a short outage does not replace this page by the browser's error page.
    await fetch(location.href, { method: "HEAD", cache: "no-store", redirect: "manual" });
    location.reload();
  } catch {
    setTimeout(lookAgain, 3000);
  }
}

setTimeout(lookAgain, 3000);
window._jupyterhub_page_loaded = true;
