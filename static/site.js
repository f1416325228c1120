/* A refresh in place that fails says so, until the next one. */
const failed = document.getElementById("failed");
for (const event of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(event, () => { failed.hidden = false; });
}
document.addEventListener("htmx:beforeRequest", () => { failed.hidden = true; });

/* Words that found nothing are counted, without anything of who searched: the last ones, when the page is left. */
const told = new Set();
document.addEventListener("visibilitychange", () => {
  const nothing = document.visibilityState === "hidden" && document.querySelector("[data-found-nothing]");
  if (!nothing || told.has(nothing.dataset.words)) return;
  told.add(nothing.dataset.words);
  navigator.sendBeacon(nothing.dataset.foundNothing, new URLSearchParams({ q: nothing.dataset.words }));
});

/* Whoever ticks a day for a reminder wants days of its own. */
document.addEventListener("change", (event) => {
  if (event.target.name === "days" && event.target.checked) event.target.form.querySelector("[name=how][value=own]").checked = true;
});
