// Dialogs: the error dialog that page.html brings along, and questions.

/** Shows an error in the page's error dialog. */
export function showError(error) {
  console.error(error);
  const dialog = document.getElementById("error-dialog");
  if (!dialog) {
    window.alert(error.message);
    return;
  }
  dialog.querySelector(".ajax-error").textContent = error.message;
  if (!dialog.open) dialog.showModal();
}

/** Runs an action; shows its error, if it has one, and returns whether it succeeded. */
export async function attempt(action) {
  try {
    await action();
    return true;
  } catch (error) {
    showError(error);
    return false;
  }
}

/** Opens a dialog that holds a form with `method="dialog"`; resolves to whether it was submitted. */
export function ask(dialog) {
  dialog.returnValue = "";
  dialog.showModal();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "ok"), { once: true });
  });
}
