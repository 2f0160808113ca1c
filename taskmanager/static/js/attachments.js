// Attaching: drop files anywhere, paste an image, see how far it is. Without it the form simply submits.
"use strict";

(() => {
  const UPLOAD = "form.attach";
  // On the page of a new task files wait in its form until that is sent.
  const findInput = () => document.querySelector(`${UPLOAD} [type=file], .editor [type=file][name=attachments]`);
  const problemOf = (form) => form.querySelector(".attach-problem");
  const waiting = [];
  let busy = null;

  function put(input, files) {
    const carrier = new DataTransfer();
    for (const file of files) carrier.items.add(file);
    input.files = carrier.files;
  }

  // What the server would refuse anyway is said before anything is sent.
  function refusal(form, files) {
    const { maxCount, maxSize, maxLabel } = form.dataset;
    if (files.length > maxCount) return `At most ${maxCount} files can be attached at once; these are ${files.length}. None was stored.`;
    const large = files.filter((file) => file.size > maxSize).map((file) => `${file.name} is too large: a file may have ${maxLabel}.`);
    const empty = files.filter((file) => !file.size).map((file) => `${file.name} is empty.`);
    return [...large, ...empty].join(" ");
  }

  function upload(form) {
    const files = [...form.querySelector("[type=file]").files];
    if (!files.length || form === busy) return;
    const problem = refusal(form, files);
    problemOf(form).textContent = problem;
    if (!problem) form.requestSubmit();
  }

  function take(files) {
    const input = findInput();
    if (!input || !files.length) return;
    const form = input.form;
    if (!form.matches(UPLOAD)) {
      put(input, [...input.files, ...files]);
    } else if (form === busy) {
      waiting.push(...files);
    } else {
      put(input, files);
      upload(form);
    }
  }

  document.addEventListener("change", (event) => {
    if (event.target.matches(`${UPLOAD} [type=file]`)) upload(event.target.form);
  });

  // Dropping. Without a place for files the browser does what it always does.

  let depth = 0;
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files") && findInput();
  const mark = (isOver) => document.body.classList.toggle("is-dropping", isOver);
  function leave() {
    depth = 0;
    mark(false);
  }
  document.addEventListener("dragenter", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    depth += 1;
    mark(true);
  });
  document.addEventListener("dragover", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.dataTransfer.dropEffect = "copy";
  });
  document.addEventListener("dragleave", (event) => {
    if (!hasFiles(event)) return;
    depth -= 1;
    if (depth <= 0) leave();
  });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    leave();
    take([...event.dataTransfer.files]);
  });

  // Pasting. Office programs put a picture of each text beside it: text stays text.

  document.addEventListener("paste", (event) => {
    const data = event.clipboardData;
    if (!data?.files.length || data.types.includes("text/plain") || !findInput()) return;
    event.preventDefault();
    const now = new Date(Date.now() - new Date().getTimezoneOffset() * 60_000).toISOString().slice(0, 19).replace("T", " ").replaceAll(":", ".");
    // Browsers call every pasted picture the same.
    const name = (file) => (/^image\.\w+$/.test(file.name) ? `Pasted ${now}.${file.name.split(".").pop()}` : file.name);
    take([...data.files].map((file) => new File([file], name(file), { type: file.type })));
  });

  // On the way

  document.addEventListener("htmx:beforeRequest", ({ target }) => {
    if (!target.matches?.(UPLOAD)) return;
    busy = target;
    target.setAttribute("aria-busy", "true");
    problemOf(target).textContent = "";
    const bar = target.querySelector("progress");
    bar.value = 0;
    bar.hidden = false;
  });
  document.addEventListener("htmx:xhr:progress", ({ target, detail }) => {
    if (target !== busy || !detail.lengthComputable) return;
    const bar = target.querySelector("progress");
    // The answer's own progress comes after that of the upload, and starts anew.
    bar.value = Math.max(bar.value, (100 * detail.loaded) / detail.total);
  });
  document.addEventListener("htmx:afterRequest", ({ target, detail }) => {
    if (target !== busy) return;
    busy = null;
    target.removeAttribute("aria-busy");
    target.querySelector("progress").hidden = true;
    // After a refusal the files stay chosen, to be sent again.
    if (!detail.successful) return;
    const input = target.querySelector("[type=file]");
    put(input, waiting.splice(0));
    if (target.isConnected) upload(target);
  });
})();
