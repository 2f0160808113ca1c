// Recovery codes: copied or printed. Without it they are selected by hand.
"use strict";

(() => {
  const copy = document.getElementById("copy-codes");
  copy.addEventListener("click", async () => {
    const codes = [...document.querySelectorAll("#codes li")].map((each) => each.textContent.trim()).join("\n");
    try {
      await navigator.clipboard.writeText(codes);
      copy.textContent = "Copied";
    } catch {
      // Not allowed, or no clipboard without encryption: let them be copied by hand.
      getSelection().selectAllChildren(document.getElementById("codes"));
      copy.textContent = "Selected";
    }
  });
  document.getElementById("print-codes").addEventListener("click", () => print());
})();
