// A server that does not run: its start button, and the start by itself.
const start = document.getElementById("start");
if (start) {
  // The part of a notebook that the address pointed to survives the start.
  if (location.hash) start.href += location.hash;
  const seconds = Number.parseFloat(start.dataset.startAfter);
  if (seconds > 0) setTimeout(() => location.assign(start.href), seconds * 1000);
}
window._jupyterhub_page_loaded = true;
