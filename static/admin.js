/* A double click sends a form once; it works again after a while, or when somebody comes back to it. */
addEventListener("submit", (event) => {
  // A download leaves the page as it is, so nothing would say that the form works again.
  const isDownload = new FormData(event.target).get("action")?.startsWith("export_");
  if (event.defaultPrevented || isDownload) return;
  if (event.target.dataset.sent) event.preventDefault();
  event.target.dataset.sent = "yes";
  setTimeout(() => delete event.target.dataset.sent, 5000);
});
addEventListener("pageshow", () => {
  for (const form of document.forms) delete form.dataset.sent;
});

/* Who leaves a form with work in it is asked first, in the words of the browser. */
const FORM = "body.change-form #content-main > form";
let unsaved = Boolean(document.querySelector(`${FORM} .errornote`));
for (const kind of ["input", "change"]) {
  addEventListener(kind, ({ target }) => (unsaved ||= Boolean(target.closest?.(FORM))));
}
addEventListener("submit", (event) => {
  const isSent = event.target.matches(FORM) && event.submitter?.formTarget !== "_blank";
  if (isSent && !event.defaultPrevented) unsaved = false;
});
addEventListener("beforeunload", (event) => {
  if (unsaved) event.preventDefault();
});

/* The editor's box stands in for the textarea, so it takes over its label; its tools come in English. */
addEventListener("prose-editor:ready", ({ detail: { editor, textarea } }) => {
  const label = textarea.labels[0].textContent.trim().replace(/:$/, "");
  editor.setOptions({ editorProps: { attributes: { "aria-label": label } } });
  const tools = textarea.closest(".prose-editor");
  for (const tool of tools.querySelectorAll("[title]")) tool.title = tool.ariaLabel = gettext(tool.title);
  for (const choice of tools.querySelectorAll(".prose-menubar__option > *")) choice.textContent = gettext(choice.textContent);
});

/* A row goes where its new number says: dragging and adding number the rows as they stand. */
const numberOf = (row) => Number(row.querySelector(".field-order input").value);
addEventListener("change", ({ target }) => {
  const row = target.matches(".field-order input") && target.closest(".inline-related:not(.tabular), tr");
  if (!row) return;
  const others = [...row.parentElement.children].filter((other) => other !== row && other.matches("[class*=dynamic-]"));
  const next = others.find((other) => numberOf(other) > numberOf(row));
  if (next) next.before(row);
  else others.at(-1)?.after(row);
});

/* A preview opens in another tab: it is no sending of the form. */
addEventListener("submit", (event) => {
  if (event.submitter?.formTarget === "_blank") delete event.target.dataset.sent;
});

/* What is filled in of a row, and not which row it is or whether it goes. */
const TYPED = "input:not([type=hidden], [name$=-DELETE]), textarea, select";

/* From a fault to its field, which may be folded away or wrapped in an editor's box. */
addEventListener("click", ({ target }) => {
  const link = target.closest?.(".problems a[href^='#']");
  const field = link && document.getElementById(link.hash.slice(1));
  if (!field) return;
  const folded = field.closest("details");
  if (folded) folded.open = true;
  const box = field.closest(".prose-editor") ?? field;
  setTimeout(() => {
    box.scrollIntoView({ block: "center" });
    (box.querySelector("[contenteditable]") ?? box.querySelector(TYPED) ?? box).focus();
  });
});

/* Copying the link of a preview. */
for (const button of document.querySelectorAll("[data-copies]")) {
  button.hidden = !navigator.clipboard;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copies);
    field.select();
    await navigator.clipboard.writeText(field.value);
    button.textContent = button.dataset.copied;
  });
}
