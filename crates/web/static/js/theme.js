// Light or dark: the choice of this browser, else that of the system. Runs before the first paint, hence no module.
// The storage key is the one JupyterHub uses, so that a choice made there stays.
(function () {
  "use strict";
  const key = "jupyterhub-bs-theme";
  const system = window.matchMedia("(prefers-color-scheme: dark)");

  function stored() {
    try {
      const theme = localStorage.getItem(key);
      return theme === "light" || theme === "dark" ? theme : null;
    } catch {
      return null; // storage may be forbidden
    }
  }

  function apply() {
    document.documentElement.dataset.bsTheme = stored() ?? (system.matches ? "dark" : "light");
  }

  apply();
  system.addEventListener("change", apply);
  window.addEventListener("storage", apply);
  document.addEventListener("DOMContentLoaded", () => {
    document.getElementById("dark-theme-toggle")?.addEventListener("click", () => {
      const theme = document.documentElement.dataset.bsTheme === "dark" ? "light" : "dark";
      try {
        localStorage.setItem(key, theme);
      } catch {
        // then it lasts for this page only
      }
      document.documentElement.dataset.bsTheme = theme;
    });
  });
})();
