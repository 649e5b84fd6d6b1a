// `require([...], callback)` for scripts in custom templates that were written for JupyterHub's pages.
// It knows "jhapi", "utils" and whatever was defined with `define`; "jquery" and "moment" only if the template loads them itself.
(function () {
  "use strict";
  const modules = new Map();
  const own = { jhapi: "./compat/jhapi.js", utils: "./compat/utils.js" };
  const pages = new Set(["home", "token", "not_running", "admin"]); // loaded by their pages anyway
  const base = document.currentScript.src;
  const globals = { jquery: () => window.jQuery, moment: () => window.moment, bootstrap: () => window.bootstrap };

  async function resolve(name) {
    if (modules.has(name)) return modules.get(name);
    if (name in own) return (await import(new URL(own[name], base))).default;
    if (pages.has(name)) return undefined;
    const found = globals[name]?.();
    if (found === undefined) {
      console.warn(`"${name}" does not come with this hub's pages; a custom template has to load it itself`);
    }
    return found;
  }

  async function load(names, callback) {
    if (typeof names === "string") return modules.get(names);
    const loaded = await Promise.all(names.map(resolve));
    // Without what it asked for, the callback would only fail in a less obvious way.
    const missing = names.some((name, index) => loaded[index] === undefined && !pages.has(name));
    if (!missing) callback?.(...loaded);
    return undefined;
  }

  window.require = window.requirejs = load;
  window.require.config = () => {};
  window.define = function (name, names, factory) {
    if (typeof name !== "string") return; // anonymous modules have no name to be asked for by
    const dependencies = Array.isArray(names) ? names : [];
    const make = Array.isArray(names) ? factory : names;
    load(dependencies, (...values) => modules.set(name, typeof make === "function" ? make(...values) : make));
  };
})();
