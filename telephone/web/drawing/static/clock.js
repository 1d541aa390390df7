// How much time is left. `left` is in seconds, counted from when the page came: the browser's own clock may be wrong.

/** "9:05", and "1:02:05" from an hour on. */
export function written(left) {
  const two = (value) => String(value).padStart(2, "0");
  const [hours, minutes, seconds] = [Math.floor(left / 3600), Math.floor(left / 60) % 60, left % 60];
  return hours ? `${hours}:${two(minutes)}:${two(seconds)}` : `${minutes}:${two(seconds)}`;
}

/** What to say aloud when so much is left, null for most of the time. */
export function warning(left) {
  return { 300: "Five minutes left", 60: "One minute left", 10: "Ten seconds left" }[left] ?? null;
}

/** Shows the time in `element` each second, says warnings, and calls `over` once at the end. Returns how to stop it. */
export function run(element, left, says, over, now = Date.now) {
  const end = now() + left * 1000;
  let last = null;
  const tick = () => {
    const rest = Math.max(0, Math.ceil((end - now()) / 1000));
    if (rest === last) return;
    last = rest;
    element.textContent = `${written(rest)} left`;
    element.classList.toggle("short", rest <= 60);
    const words = warning(rest);
    if (words) says(words);
    if (rest === 0) {
      clearInterval(timer);
      over();
    }
  };
  const timer = setInterval(tick, 250);
  tick();
  return () => clearInterval(timer);
}
