// The API's document as a page to read and to try calls on. Swagger UI draws it; everything comes from ourselves.
(async () => {
  const place = document.getElementById("api-docs");
  // Swagger UI knows its dark look by a class, we ours by a theme or by what the system prefers.
  const dark = matchMedia("(prefers-color-scheme: dark)");
  const paint = () => {
    const theme = document.documentElement.dataset.bsTheme;
    document.documentElement.classList.toggle("dark-mode", theme ? theme === "dark" : dark.matches);
  };
  paint();
  dark.addEventListener("change", paint);

  const answer = await fetch(place.dataset.document);
  if (!answer.ok) {
    place.textContent = "The document could not be loaded. Reload the page.";
    return;
  }
  const spec = await answer.json();
  // Calls are tried where this page is, under whichever name that was opened.
  spec.servers = [{ url: location.origin, description: "This Taskmanager" }];
  place.replaceChildren();
  SwaggerUIBundle({
    spec,
    domNode: place,
    presets: [SwaggerUIBundle.presets.apis],
    layout: "BaseLayout",
    deepLinking: true,
    docExpansion: "list",
    defaultModelsExpandDepth: 0,
    displayRequestDuration: true,
    filter: true,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
})();
