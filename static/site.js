/* A refresh in place that fails says so, until the next one. */
const failed = document.getElementById("failed");
for (const event of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) {
  document.addEventListener(event, () => { failed.hidden = false; });
}
document.addEventListener("htmx:beforeRequest", () => { failed.hidden = true; });
