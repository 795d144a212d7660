// Tabs, as the ARIA Authoring Practices describe them: arrow keys go from one to the next.

/**
 * @param {HTMLButtonElement[]} buttons each controls the panel in its aria-controls
 * @param {(id: string) => void} opened is called with the id of the tab that was chosen
 */
export function tabs(buttons, opened) {
  function choose(/** @type {HTMLButtonElement} */ chosen) {
    if (chosen.getAttribute("aria-selected") === "true") return;
    for (const button of buttons) {
      const isChosen = button === chosen;
      button.setAttribute("aria-selected", String(isChosen));
      button.tabIndex = isChosen ? 0 : -1;
      const panel = document.getElementById(button.getAttribute("aria-controls") ?? "");
      if (panel) panel.hidden = !isChosen;
    }
    opened(chosen.id);
  }

  for (const [i, button] of buttons.entries()) {
    button.addEventListener("click", () => choose(button));
    button.addEventListener("keydown", (event) => {
      const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!step) return;
      const next = buttons[(i + step + buttons.length) % buttons.length];
      next.focus();
      choose(next);
    });
  }
}
