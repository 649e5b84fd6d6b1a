// Forms that say they are at work, and cannot be sent twice.

/** Shows the form's `.feedback-widget` in place of its button when it is sent, and the button again when one comes back. */
export function showFeedback(form) {
  const container = form.querySelector(".feedback-container");
  if (!container) return;
  const button = container.querySelector('input[type="submit"], button[type="submit"]');
  const widget = container.querySelector(".feedback-widget");
  const busy = (state) => {
    if (button) {
      button.disabled = state;
      button.hidden = state;
    }
    if (widget) widget.hidden = !state;
  };
  form.addEventListener("submit", () => busy(true));
  // A page from the browser's history is as it was left.
  window.addEventListener("pageshow", (event) => event.persisted && busy(false));
}
