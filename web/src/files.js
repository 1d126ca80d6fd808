/** Files that a visitor chooses or drops. */

/**
 * @param {HTMLInputElement} input of the type file
 * @param {(file: File) => void} use
 */
export function onChosen(input, use) {
  input.addEventListener("change", () => {
    const file = input.files?.[0];
    input.value = ""; // the same file can be chosen again
    if (file) use(file);
  });
}

/**
 * Files may be dropped anywhere on the page, which has the class "dropping" meanwhile.
 *
 * @param {(file: File) => void} use
 */
export function onDropped(use) {
  const { classList } = document.documentElement;
  addEventListener("dragover", (event) => {
    event.preventDefault();
    classList.add("dropping");
  });
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) classList.remove("dropping");
  });
  addEventListener("drop", (event) => {
    event.preventDefault();
    classList.remove("dropping");
    const file = event.dataTransfer?.files[0];
    if (file) use(file);
  });
}
