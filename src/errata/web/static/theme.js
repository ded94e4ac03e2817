// Runs before the page is drawn, so that a remembered theme does not flash. Without it the system's theme holds.
"use strict";
(() => {
  const root = document.documentElement;
  const remembered = () => {
    try {
      return localStorage.getItem("errata-theme");
    } catch {
      return null; // storage may be switched off
    }
  };
  const theme = remembered();
  if (theme === "light" || theme === "dark") root.dataset.theme = theme;

  document.addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    if (!button) return;
    button.hidden = false;
    button.addEventListener("click", () => {
      const dark = root.dataset.theme
        ? root.dataset.theme === "dark"
        : matchMedia("(prefers-color-scheme: dark)").matches;
      root.dataset.theme = dark ? "light" : "dark";
      try {
        localStorage.setItem("errata-theme", root.dataset.theme);
      } catch {
        // the switch still holds for this page
      }
    });
  });
})();
