// Turning a picture by mouse, by finger, and by arrow keys.

const BY_KEY = Math.PI / 36;
const BY_PIXEL = 0.01;

/**
 * Report turns, in radians, to the left and upward. A finger that moves up or down scrolls the page; one that moves
 * sideways turns the picture (touch-action in style.css).
 *
 * @param {HTMLElement} stage
 * @param {(left: number, up: number) => void} turn
 */
export function turning(stage, turn) {
  const keys = new Map([["ArrowLeft", [-1, 0]], ["ArrowRight", [1, 0]], ["ArrowUp", [0, 1]], ["ArrowDown", [0, -1]]]);
  stage.addEventListener("keydown", (event) => {
    const [left, up] = keys.get(event.key) ?? [0, 0];
    if (!left && !up) return;
    event.preventDefault(); // the page would scroll
    turn(left * BY_KEY, up * BY_KEY);
  });
  stage.addEventListener("pointerdown", (event) => stage.setPointerCapture(event.pointerId));
  stage.addEventListener("pointermove", (event) => {
    if (stage.hasPointerCapture(event.pointerId)) turn(-event.movementX * BY_PIXEL, event.movementY * BY_PIXEL);
  });
}
