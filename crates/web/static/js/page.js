// What every page does: menu, dialogs, times, and buttons that are links.
import { makeSortable, showTimes } from "./time.js";

function toggle(button, target) {
  const open = target.classList.toggle("show");
  button.setAttribute("aria-expanded", String(open));
}

function closeMenus(except) {
  for (const button of document.querySelectorAll('[data-bs-toggle="dropdown"][aria-expanded="true"]')) {
    if (button !== except) toggle(button, button.nextElementSibling);
  }
}

document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-bs-toggle]");
  closeMenus(button);
  if (button?.dataset.bsToggle === "collapse") {
    const target = document.querySelector(button.dataset.bsTarget ?? button.getAttribute("href"));
    if (target) toggle(button, target);
  } else if (button?.dataset.bsToggle === "dropdown") {
    if (button.tagName === "A") event.preventDefault();
    toggle(button, button.nextElementSibling);
  } else if (button?.dataset.bsToggle === "modal") {
    document.querySelector(button.dataset.bsTarget)?.showModal();
  }
  event.target.closest('[data-bs-dismiss="modal"]')?.closest("dialog")?.close();
});

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") closeMenus();
  // Links that act as buttons are pressed as buttons are.
  const button = event.target.closest?.('a[role="button"]');
  const presses = event.key === " " || (event.key === "Enter" && !button?.hasAttribute("href"));
  if (button && presses) {
    event.preventDefault();
    button.click();
  }
});

for (const link of document.querySelectorAll(".navbar .nav-link[href]")) {
  if (link.pathname === location.pathname) link.setAttribute("aria-current", "page");
}

showTimes();
makeSortable();
